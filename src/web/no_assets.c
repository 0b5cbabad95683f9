/* no_assets.c -- a program without the dashboard. */
#include "web/assets.h"

const struct asset assets[] = { { .path = NULL } };
