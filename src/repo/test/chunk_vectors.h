#ifndef TEST_CHUNK_VECTORS_H
#define TEST_CHUNK_VECTORS_H

#include <stddef.h>
#include <stdint.h>

/*
 * chunk_vectors.h -- cuts that restic's own chunker made (github.com/restic/chunker,
 * commit ac4c622, run under Go 1.23.5).  Lengths, then the digest at each cut and
 * the SHA-256 of the chunk; the digest of a last chunk is the running one.
 */
struct chunk_vector {
	size_t		 length;
	uint64_t	 digest;
	const char	*sha256;
};

static const struct chunk_vector vector_random_1[] = {	/* splitmix64(seed=1) */
	{ 686181, 0x9ffb704200000,
	    "a6a59df5e79b1855866c0ce95bea25d1e78a35eb7091d4c1a58636def770bafd" },
	{ 2396096, 0x1ba8f2abe00000,
	    "11806fecf9213afb624a36afc20516eac98d1d8898f9d1eef8049e75d15a6a84" },
	{ 572647, 0x7578cf3600000,
	    "98bee237cb782dbad6ed8e0dbd8a96d09a6193fd7f2090611bdd065fa9a89749" },
	{ 987762, 0xb2c2a35900000,
	    "d10943f2e89b795a66697960492c5d2990a653ea1ba23b73581d8c6831205a27" },
	{ 1556808, 0xf75d01e300000,
	    "42b3d69b6e07f819f70a2270d160c94f6521e1a42590c0f86a5b260019d29d1a" },
	{ 766906, 0x138b65fac00000,
	    "63c355306eaa95249d47724c1425d30ee3728d3cfabe7523881edeeb0950f133" },
	{ 4273775, 0x1d8d1230700000,
	    "a97abf55e144478054c0a349152bf3c39cd2259638adb8a71100f47c1237affc" },
	{ 1396512, 0x35d98fb500000,
	    "6390de78870c59330f660aa7c2cd0f618942538446a784b2cab5cd1757fada12" },
	{ 1773442, 0x1a2e63b0700000,
	    "3ed0a39338347e1688b5be2b80248b6fc678ef095a45746de6f8797903a1a9be" },
	{ 561149, 0x1dae0194e00000,
	    "2610d8133f807f788b33c87de5ea017707110c0b5ef3f9b205d0d28f2e087c3c" },
	{ 700442, 0x18579995d00000,
	    "e278b9a541015ed9be7a03c6f5f4e3111caf302a755e9dddaec31c25e84d7c7c" },
	{ 1105496, 0xce2fa317e0eeb,
	    "35595d106de09ac380eedafc6d4d607650095e7d24c19965d18f5af54a1ae194" },
	{ 0, 0, NULL }
};

static const struct chunk_vector vector_random_42[] = {	/* splitmix64(seed=42) */
	{ 2223324, 0x1955b74cf00000,
	    "9e198841ffc886a7f21b93c2397fc5b55c12c0690ec59ba07775085c0c7682ed" },
	{ 1060598, 0x9d2bc2af00000,
	    "c6dbf75c99ca952ba8270d3e2c8f158e26e9d40edaf0b331566fc2d53e1e26f4" },
	{ 2782887, 0x19ef1355f00000,
	    "5d381c455e492aeaee165ea7707d6ff07208f4eba7ebd3e3c29fd71a16e9d97c" },
	{ 2656947, 0x1e823416400000,
	    "ff4ac566ffa3675b4711d1636bbd334b945199161376a6fa4716673ba8c2681c" },
	{ 844274, 0x488bc73300000,
	    "8c8d87f56b9bfd6bab7d86307360ec300071c2f3c5283cac02d894dc75438494" },
	{ 2956230, 0xad644f6700000,
	    "134592c7b90198e186b6aee406763b006e7fc8108469aefb41ec5a3f27aa8d1e" },
	{ 58652, 0x1,
	    "197b302117c1b072f2ec43fdd22c0e1cd346f672929f7a16236f855096854bf8" },
	{ 0, 0, NULL }
};

static const struct chunk_vector vector_zeros[] = {	/* zeros */
	{ 524288, 0x0,
	    "07854d2fef297a06ba81685e660c332de36d5d18d546927d30daad6d7fda1541" },
	{ 524288, 0x0,
	    "07854d2fef297a06ba81685e660c332de36d5d18d546927d30daad6d7fda1541" },
	{ 524288, 0x0,
	    "07854d2fef297a06ba81685e660c332de36d5d18d546927d30daad6d7fda1541" },
	{ 524288, 0x0,
	    "07854d2fef297a06ba81685e660c332de36d5d18d546927d30daad6d7fda1541" },
	{ 100, 0x1,
	    "cd00e292c5970d3c5e2f0ffa5171e555bc46bfc4faddfb4a418b6840b86e79a3" },
	{ 0, 0, NULL }
};

static const struct chunk_vector vector_ones[] = {	/* 0xff x 20MiB */
	{ 8388608, 0x6d9879d4c4d97,
	    "9f9b02f5ee6cbef5e018c1ee424095fc21a842ea6968c0d36114b5930dab2ba1" },
	{ 8388608, 0x6d9879d4c4d97,
	    "9f9b02f5ee6cbef5e018c1ee424095fc21a842ea6968c0d36114b5930dab2ba1" },
	{ 4194304, 0x6d9879d4c4d97,
	    "cd3517473707d59c3d915b52a3e16213cadce80d9ffb2b4371958fb7acb51a08" },
	{ 0, 0, NULL }
};

static const struct chunk_vector vector_periodic[] = {	/* repeat 'a..z0..9\n' 37 bytes */
	{ 8388608, 0x1a5362259ae632,
	    "0e35733689534e74d0ac8bd62dfd3d5b05e814f14c22e884cbdbec5434c06b0a" },
	{ 1048575, 0x16203b970e086a,
	    "3ed138cd1c0b3a88f804821ef1128e5fe54e8fb78f62374a99dd4ca8433437fd" },
	{ 0, 0, NULL }
};

#endif
