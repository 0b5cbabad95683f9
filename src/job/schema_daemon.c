/* schema_daemon.c -- what the schema says of `daemon:` and `retry:`. */
#include "job/schema.h"

const char schema_daemon[] =
"'daemon': {'type': ['object', 'null'], 'additionalProperties': false,\n"
"  'description': 'how jobs run by themselves',\n"
"  'properties': {\n"
"    'nice': {'$ref': '#/$defs/nice'},\n"
"    'ioprio': {'enum': ['normal', 'low', 'idle'], 'description':\n"
"      'and for the disks (normal)'},\n"
"    'fence': {'enum': ['auto', 'off'], 'description':\n"
"      'auto: a job that the daemon runs can change its own folders only'},\n"
"    'on_battery': {'enum': ['run', 'pause'], 'description':\n"
"      'pause: no job begins meanwhile'},\n"
"    'on_metered': {'enum': ['run', 'pause'], 'description':\n"
"      'pause: no backup to elsewhere begins on a network that costs'}}},\n"
"'nice': {'anyOf': [{'type': 'integer', 'minimum': 0, 'maximum': 19},\n"
"  {'type': 'string', 'pattern': '^(1?[0-9])$'}],\n"
"  'description': 'how much others go first for the processor (0)'},\n"
"'retry': {'anyOf': [{'$ref': '#/$defs/number'},\n"
"  {'type': 'string', 'pattern': '^[ \\\\t]*[0-9]+([ \\\\t]+every[ \\\\t]+.+)?$'}],\n"
"  'description': 'how often a failed job is tried again, and after how long: 3 "
"every 10min', 'examples': ['3 every 10min']},\n";
