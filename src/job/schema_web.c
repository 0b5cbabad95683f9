/* schema_web.c -- `web:` and `metrics:` in the schema; ' stands for ". */
#include "job/schema.h"

const char schema_web_top[] =
",\n"
"  'web': {'$ref': '#/$defs/web'},\n"
"  'metrics': {'$ref': '#/$defs/metrics'}";

const char schema_web[] =
"'web': {'type': ['object', 'null'], 'additionalProperties': false,\n"
"  'description': 'the dashboard, its API and /metrics, by fettle daemon',\n"
"  'properties': {\n"
"    'listen': {'$ref': '#/$defs/text', 'description': 'unix (the default) or an "
"address and a port', 'examples': ['unix', '127.0.0.1:7979']},\n"
"    'hosts': {'$ref': '#/$defs/texts', 'description': 'names by which it is "
"called, beside its address'},\n"
"    'password_file': {'$ref': '#/$defs/text'},\n"
"    'tls': {'type': 'object', 'additionalProperties': false,\n"
"      'required': ['certificate', 'key'], 'properties': {\n"
"      'certificate': {'$ref': '#/$defs/text'},\n"
"      'key': {'$ref': '#/$defs/text'}}}}},\n"
"'metrics': {'type': ['object', 'null'], 'additionalProperties': false,\n"
"  'properties': {'textfile': {'$ref': '#/$defs/text', 'description': 'for the "
"textfile collector of node_exporter; ends in .prom'}}},\n";
