/*
 * save.c -- a plan as bytes: held plans in the catalog, `plan --save`.
 *
 *	"fettle plan\n"
 *	u64	version
 *	u64	n, then per job: name, kind, hash, files
 *	u64	n, then the folders; u64 n, then the texts (the first is "")
 *	u64	operations
 *	bytes	them, chunk by chunk (codec.c), until an empty one
 *	8 bytes	hash_fixed of all before, little end first
 *
 * The hash tells damage, not malice: whatever the bytes say, loading checks
 * every number and name as if a stranger had written them.
 */
#include <string.h>

#include "plan/plan_impl.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/pack.h"
#include "util/xalloc.h"

#define MAGIC		"fettle plan\n"
#define VERSION		1
#define SEED		0x706c616e	/* "plan" */
#define SAVE_CHUNK	((size_t)64 << 10)

static void
save_strings(const struct intern *t, struct buf *out)
{
	size_t i;

	pack_u64(out, t->n);
	for (i = 0; i < t->n; i++)
		pack_str(out, t->v[i]);
}

static int
save_ops(const struct plan *p, struct buf *out, struct err *e)
{
	struct plan_reader *r = plan_read(p);
	CLEAN_BUF struct buf chunk = {0};
	struct codec c = {0};
	struct op op;
	int n;

	while ((n = plan_next(r, &op, e)) == 1) {
		codec_put(&c, &chunk, &op);
		if (chunk.len < SAVE_CHUNK)
			continue;
		pack_bytes(out, chunk.data, chunk.len);
		buf_reset(&chunk);
		c = (struct codec){0};
	}
	plan_reader_free(r);
	if (chunk.len > 0)
		pack_bytes(out, chunk.data, chunk.len);
	pack_bytes(out, NULL, 0);
	return n;
}

int
plan_save(const struct plan *p, struct buf *out, struct err *e)
{
	size_t start = out->len, i;
	uint64_t check;

	buf_adds(out, MAGIC);
	pack_u64(out, VERSION);
	pack_u64(out, p->n_jobs);
	for (i = 0; i < p->n_jobs; i++) {
		pack_str(out, p->jobs[i].job.name);
		pack_str(out, p->jobs[i].job.kind);
		pack_u64(out, p->jobs[i].job.hash);
		pack_u64(out, p->jobs[i].job.files);
	}
	save_strings(&p->dirs, out);
	save_strings(&p->texts, out);
	pack_u64(out, p->n_ops);
	if (save_ops(p, out, e) < 0) {
		out->len = start;
		return -1;
	}
	check = hash_fixed(SEED, out->data + start, out->len - start);
	for (i = 0; i < 8; i++)
		buf_addc(out, (char)(check >> (8 * i)));
	return 0;
}

static int
bad(struct err *e, const char *what)
{
	return err_set(e, ERR_CORRUPT, "the plan is damaged: %s", what);
}

/* A name in a folder: no slash, not . or .., and short enough to be one. */
static int
good_name(const char *s)
{
	return strchr(s, '/') == NULL && strlen(s) <= 255 &&
	    strcmp(s, ".") != 0 && strcmp(s, "..") != 0;
}

static int
good_dir(const char *s)
{
	const char *p;
	size_t n;

	if (s[0] != '/')
		return 0;
	for (p = s; *p == '/' && p[1] != '\0'; p += n) {
		n = strcspn(++p, "/");
		if (n == 0 || (p[0] == '.' && (n == 1 ||
		    (n == 2 && p[1] == '.'))))
			return 0;
	}
	return p[0] == '\0' || s[1] == '\0';
}

static int
good_op(const struct plan *p, const struct op *op)
{
	if (op->job >= p->n_jobs || op->why >= p->texts.n ||
	    op->error >= p->texts.n)
		return 0;
	if (op->from_dir != PLAN_NONE && op->from_dir >= p->dirs.n)
		return 0;
	if (op->to_dir != PLAN_NONE && op->to_dir >= p->dirs.n)
		return 0;
	return good_name(op->from) && good_name(op->to);
}

static int
load_jobs(struct plan *p, struct unpack *u, struct err *e)
{
	uint64_t n = unpack_u64(u), hash;
	uint32_t job;

	for (; n > 0 && !u->bad; n--) {
		CLEAN_BUF struct buf name = {0}, kind = {0};
		const void *s;
		size_t len;

		s = unpack_bytes(u, &len);
		buf_add(&name, s, len);
		s = unpack_bytes(u, &len);
		buf_add(&kind, s, len);
		hash = unpack_u64(u);
		job = plan_add_job(p, buf_str(&name), buf_str(&kind), hash);
		plan_count_files(p, job, unpack_u64(u));
	}
	return u->bad ? bad(e, "its jobs") : 0;
}

/* Strings must come each once, so that their numbers are what they were. */
static int
load_strings(struct intern *t, struct unpack *u, int dirs, struct err *e)
{
	uint64_t n = unpack_u64(u), i;

	for (i = 0; i < n && !u->bad; i++) {
		CLEAN_BUF struct buf s = {0};
		const void *v;
		size_t len;

		v = unpack_bytes(u, &len);
		buf_add(&s, v, len);
		if (strlen(buf_str(&s)) != len ||
		    (dirs && !good_dir(buf_str(&s))) ||
		    intern_add(t, buf_str(&s)) != i)
			return bad(e, dirs ? "its folders" : "its texts");
	}
	return u->bad ? bad(e, "it ends early") : 0;
}

static int
load_ops(struct plan *p, struct unpack *u, struct err *e)
{
	uint64_t want = unpack_u64(u);
	const void *chunk;
	size_t len, at;
	struct op op;

	while (chunk = unpack_bytes(u, &len), len > 0) {
		struct codec c = {0};

		for (at = 0; at < len;) {
			if (codec_get(&c, chunk, len, &at, &op) < 0 ||
			    !good_op(p, &op))
				return bad(e, "an operation");
			if (plan_add(p, &op, e) < 0)
				return -1;
		}
	}
	if (unpack_end(u) < 0 || p->n_ops != want)
		return bad(e, "it ends early");
	return 0;
}

static int
check_frame(const unsigned char *p, size_t len, struct err *e)
{
	uint64_t check = 0;
	int i;

	if (len < strlen(MAGIC) + 8 || memcmp(p, MAGIC, strlen(MAGIC)) != 0)
		return err_set(e, ERR_CORRUPT, "this is not a plan of fettle");
	for (i = 0; i < 8; i++)
		check |= (uint64_t)p[len - 8 + (size_t)i] << (8 * i);
	if (check != hash_fixed(SEED, p, len - 8))
		return bad(e, "its check does not match");
	return 0;
}

int
plan_load(const void *data, size_t len, int spool_dir, struct plan **out,
    struct err *e)
{
	const unsigned char *bytes = data;
	struct unpack u;
	struct plan *p;
	uint64_t version;

	if (check_frame(bytes, len, e) < 0)
		return -1;
	u = unpack_start(bytes + strlen(MAGIC), len - strlen(MAGIC) - 8);
	if ((version = unpack_u64(&u)) != VERSION)
		return err_set(e, ERR_CORRUPT, "the plan was made by another "
		    "version of fettle (format %llu)",
		    (unsigned long long)version);
	p = plan_new(spool_dir);
	if (load_jobs(p, &u, e) < 0 || load_strings(&p->dirs, &u, 1, e) < 0 ||
	    load_strings(&p->texts, &u, 0, e) < 0 || load_ops(p, &u, e) < 0) {
		plan_free(p);
		return -1;
	}
	*out = p;
	return 0;
}
