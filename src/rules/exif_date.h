#ifndef RULES_EXIF_DATE_H
#define RULES_EXIF_DATE_H

#include <stdint.h>

#include "rules/subject.h"

/*
 * What the text of a tag means, by its name, as organize has it: with "date" in
 * it a time ("2018:02:22 12:34:56", what follows is left out) or a day, with
 * "offset" a span ("+02:00"), else text.  *n is set for all but text.
 */
enum capture_type exif_value(const char *name, const char *text, int64_t *n);

#endif
