/*
 * volume.c -- which file system a descriptor lies on, in a number that can be
 * written down: the same after a reboot, a kernel upgrade, another USB port.
 *
 * statfs's f_fsid is made from the uuid by ext4, btrfs (a number of its own for
 * each subvolume), f2fs and tmpfs.  xfs, vfat, exfat, ntfs and iso9660 give
 * only the device number there, which changes from boot to boot.  For those the
 * uuid is asked of xfs itself, then looked up in /dev/disk/by-uuid; the device
 * number is what remains.  FS_IOC_GETFSUUID would be simpler but begins with
 * Linux 6.9, and a catalog must outlive an upgrade.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "fs/dir.h"
#include "fs/fs_impl.h"
#include "util/clean.h"
#include "util/hash.h"

/* Not in the linux/magic.h of all: from the file systems' own sources in Linux. */
#define CONFIGFS_MAGIC		0x62656570
#define FUSECTL_MAGIC		0x65735543
#define RPC_PIPEFS_MAGIC	0x67596969
#define MQUEUE_MAGIC		0x19800202
#define XFS_SUPER		0x58465342

#define UUID_TEXT	64

/* The head of struct xfs_fsop_geom_v1, 112 bytes, from xfs_fs.h. */
struct xfs_geometry {
	uint32_t	 unused[8];
	uint64_t	 unused2[4];
	unsigned char	 uuid[16];
	uint32_t	 unused3[8];
};
#define XFS_GEOMETRY	_IOR('X', 100, struct xfs_geometry)

/* As /dev/disk/by-uuid names it, so that either way gives the same number. */
static int
xfs_uuid(int fd, char text[UUID_TEXT])
{
	struct xfs_geometry g = {0};
	char *p = text;
	int i;

	if (ioctl(fd, XFS_GEOMETRY, &g) < 0)
		return -1;
	for (i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		p += snprintf(p, 3, "%02x", g.uuid[i]);
	}
	return 0;
}

static int
by_uuid(uint64_t dev, char text[UUID_TEXT])
{
	DIR *dir = major(dev) == 0 ? NULL : opendir("/dev/disk/by-uuid");
	struct dirent *ent;
	struct stat st;
	int found = -1;

	if (dir == NULL)
		return -1;
	/* Our own DIR, so no other thread reads it. */
	/* cppcheck-suppress readdirCalled */
	while (found < 0 && (ent = readdir(dir)) != NULL)
		if (fstatat(dirfd(dir), ent->d_name, &st, 0) == 0 &&
		    S_ISBLK(st.st_mode) && st.st_rdev == dev &&
		    strlen(ent->d_name) < UUID_TEXT) {
			snprintf(text, UUID_TEXT, "%s", ent->d_name);
			found = 0;
		}
	closedir(dir);
	return found;
}

/* The kernel's huge_encode_dev: what f_fsid is where it is not a uuid. */
static uint64_t
encoded(uint64_t dev)
{
	uint64_t ma = major(dev), mi = minor(dev);

	return (mi & 0xff) | ma << 8 | (mi & ~(uint64_t)0xff) << 12;
}

uint64_t
fs_volume(int fd, uint64_t dev)
{
	char text[UUID_TEXT];
	struct statfs sf;
	uint64_t fsid = 0, type = 0, v;
	int xfs;

	if (fstatfs(fd, &sf) == 0) {
		memcpy(&fsid, &sf.f_fsid, sizeof(fsid));
		type = (uint64_t)sf.f_type;
	}
	xfs = type == XFS_SUPER;
	if (!xfs && fsid != 0 && fsid != encoded(dev))
		v = hash_fixed(type, &fsid, sizeof(fsid));
	else if ((xfs && xfs_uuid(fd, text) == 0) || by_uuid(dev, text) == 0)
		v = hash_fixed(type, text, strlen(text));
	else
		v = hash_fixed(type, &dev, sizeof(dev));
	return v != 0 ? v : 1;
}

int
fs_dir_of_kernel(const struct fs_dir *d)
{
	static const uint32_t magic[] = { PROC_SUPER_MAGIC, SYSFS_MAGIC,
	    CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEVPTS_SUPER_MAGIC,
	    DEBUGFS_MAGIC, TRACEFS_MAGIC, SECURITYFS_MAGIC, BPF_FS_MAGIC,
	    PSTOREFS_MAGIC, EFIVARFS_MAGIC, SELINUX_MAGIC, SMACK_MAGIC,
	    BINFMTFS_MAGIC, NSFS_MAGIC, CONFIGFS_MAGIC, FUSECTL_MAGIC,
	    RPC_PIPEFS_MAGIC, MQUEUE_MAGIC };
	struct statfs sf;

	if (fstatfs(d->fd, &sf) < 0)
		return 0;
	for (size_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++)
		if ((uint32_t)sf.f_type == magic[i])
			return 1;
	return 0;
}

/*
 * A name has another file system than its folder if something is mounted on
 * it, or if it is the root of a btrfs subvolume, which only a folder can be.
 * (On overlayfs files have device numbers of their own: no sign.)
 */
uint64_t
fs_volume_of(const struct fs_dir *d, const char *name, const struct statx *sx)
{
	CLEAN_FD int fd = -1;
	uint64_t dev = fs_statx_dev(sx);

	if (dev == d->dev ||
	    (sx->stx_mnt_id == d->mnt && !S_ISDIR(sx->stx_mode)))
		return d->fs;
	if (S_ISDIR(sx->stx_mode) || S_ISREG(sx->stx_mode))
		fd = openat(d->fd, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW |
		    O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		fd = openat(d->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fs_volume(fd, dev);
}
