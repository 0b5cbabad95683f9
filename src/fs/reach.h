#ifndef FS_REACH_H
#define FS_REACH_H

/*
 * What a backup of these paths (NULL-ended) at this place protects against, in
 * words for `status`: "same disk: survives a mistake, not a dead disk", "other
 * disk: survives a dead disk", "its disk is not there".
 */
const char *fs_reach(const char *const *paths, const char *place);
/* Does place lie on a file system that one of these paths lies on?  1, 0. */
int fs_share_disk(const char *const *paths, const char *place);

#endif
