#ifndef FS_REACH_H
#define FS_REACH_H

/*
 * What a backup of these paths (NULL-ended) at this place protects against, in
 * words for `status`: "same disk: survives a mistake, not a dead disk", "other
 * disk: survives a dead disk", "its disk is not there".
 */
const char *fs_reach(const char *const *paths, const char *place);

/* Does what lies there lie on the file system of one of these paths?  What cannot
 * be looked at does not. */
int fs_lies_with(const char *const *paths, const char *place);

#endif
