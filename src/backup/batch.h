#ifndef BACKUP_BATCH_H
#define BACKUP_BATCH_H

#include <stddef.h>
#include <stdint.h>

/*
 * Some entries of a folder, none of them a sub-folder: looked at, held against
 * the parent's tree, read where they are new, and put into the folder.
 */
struct folder;
struct fs_dir;

#define BATCH_MAX	256

/* The names first to last (last not in it) of f, which is used until done. */
void batch_push(struct folder *f, size_t first, size_t last);
/*
 * One that lies elsewhere: the name `real` in d, which the batch owns; path is
 * absolute, for messages, dev what --one-file-system asks for.
 */
void batch_push_target(struct folder *f, size_t i, struct fs_dir *d,
    const char *path, uint64_t dev);

#endif
