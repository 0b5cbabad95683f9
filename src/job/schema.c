/*
 * schema.c -- the configuration as a JSON Schema.
 *
 * Written with ' for ", which JSON does not use.  Filters and actions come from
 * the tables of rules/: one that is not told here takes any value.
 *
 * Values are texts to fettle, and an editor may take a text for a number or a
 * truth value, so a text may be any of the three.
 */
#include <string.h>

#include "job/schema.h"
#include "rules/action.h"
#include "rules/filter.h"
#include "util/buf.h"

static const char head[] =
"{\n"
"'$schema': 'https://json-schema.org/draft/2020-12/schema',\n"
"'title': 'fettle " FETTLE_VERSION "',\n"
"'description': 'What fettle sorts, backs up and puts away, and when.',\n"
"'type': ['object', 'null'],\n"
"'additionalProperties': false,\n"
"'patternProperties': {'^x-': true},\n"
"'properties': {\n"
"  'rules': {'$ref': '#/$defs/rules'},\n"
"  'backups': {'$ref': '#/$defs/backups'},\n"
"  'archives': {'$ref': '#/$defs/archives'},\n"
"  'schedule': {'$ref': '#/$defs/schedule'},\n"
"  'guard': {'$ref': '#/$defs/guard'},\n"
"  'daemon': {'$ref': '#/$defs/daemon'},\n"
"  'notify': {'$ref': '#/$defs/notify'},\n"
"  'log': {'$ref': '#/$defs/log'},\n"
"  'trash': {'$ref': '#/$defs/keep_for', 'description': 'trash: {keep: 30 days}"
", the default: what fettle put into the trash goes after that long'},\n"
"  'history': {'$ref': '#/$defs/keep_for', 'description': 'history: {keep: "
"2 years}, the default: how long undo and where reach back'},\n"
"  'allow': {'anyOf': [{'$ref': '#/$defs/allow'}],\n"
"    'description': 'allow: [commands] in /etc: "
"rules there may run commands'}";

static const char defs[] =
"\n},\n"
"'$defs': {\n";

static const char values[] =
"'text': {'type': ['string', 'number', 'boolean']},\n"
"'texts': {'anyOf': [{'$ref': '#/$defs/text'},\n"
"  {'type': 'array', 'items': {'$ref': '#/$defs/texts'}}]},\n"
"'texts_or_none': {'anyOf': [{'$ref': '#/$defs/texts'}, {'type': 'null'}]},\n"
"'bool': {'anyOf': [{'type': 'boolean'}, {'type': 'string', 'pattern':\n"
"  '^([Tt][Rr][Uu][Ee]|[Yy][Ee][Ss]|[Oo][Nn]|[Ff][Aa][Ll][Ss][Ee]|[Nn][Oo]"
"|[Oo][Ff][Ff])$'}]},\n"
"'number': {'anyOf': [{'type': 'integer', 'minimum': 0},\n"
"  {'type': 'string', 'pattern': '^(0|[1-9][0-9]*)$'}]},\n"
"'span': {'type': 'string', 'pattern': '^[ \\\\t]*([0-9]+([.][0-9]+)?[ \\\\t]*"
"(seconds?|sec|s|minutes?|min|m|hours?|hr|h|days?|d|weeks?|w|months?|M|years?"
"|y|msec|ms|usec|us|\xc2\xb5s|\xce\xbcs)[ \\\\t]*)+$',\n"
"  'examples': ['30 days', '1h 30min']},\n"
"'size': {'type': 'string', 'pattern': '^[ \\\\t]*[0-9]+([.][0-9]+)?[ \\\\t]*"
"([Bb]([Yy][Tt][Ee][Ss]?)?|[KkMmGgTtPpEe][Ii]?[Bb]?)[ \\\\t]*$',\n"
"  'examples': ['10MiB', '500k']},\n"
"'rate': {'anyOf': [{'type': 'string', 'pattern': '^[ \\\\t]*[0-9]+'},\n"
"  {'type': 'array', 'items': {'$ref': '#/$defs/rate'}}],\n"
"  'examples': ['5MiB', '1MiB 08:00-18:00']},\n"
"'share': {'type': 'string', 'pattern':\n"
"  '^[ \\\\t]*[0-9]+([.][0-9]+)?[ \\\\t]*%[ \\\\t]*$', 'examples': ['80%']},\n"
"'room': {'anyOf': [{'$ref': '#/$defs/size'}, {'$ref': '#/$defs/share'}],\n"
"  'description': 'what stays free there (5%); else the job is held'},\n"
"'allow': {'anyOf': [{'enum': ['commands']},\n"
"  {'type': 'array', 'items': {'$ref': '#/$defs/allow'}}]},\n"
"'keep_for': {'type': ['object', 'null'], 'additionalProperties': false,\n"
"  'properties': {'keep': {'$ref': '#/$defs/span'}}},\n"
"'schedule': {'description': 'systemd.time(7), five fields of cron, or plain "
"words: every day at 01:00; never',\n"
"  'anyOf': [{'$ref': '#/$defs/texts'},\n"
"  {'type': 'object', 'additionalProperties': false, 'required': ['at'],\n"
"  'properties': {\n"
"    'at': {'$ref': '#/$defs/texts'},\n"
"    'catch_up': {'$ref': '#/$defs/bool', 'description':\n"
"      'run once, later, what was missed (yes)'},\n"
"    'jitter': {'$ref': '#/$defs/span'},\n"
"    'timezone': {'$ref': '#/$defs/text'}}}]},\n"
"'guard': {'type': ['object', 'null'], 'additionalProperties': false,\n"
"  'description': 'an unattended job past a limit is held until approved',\n"
"  'properties': {\n"
"    'max_moves': {'$ref': '#/$defs/limit'},\n"
"    'max_deletes': {'$ref': '#/$defs/limit'},\n"
"    'max_change': {'anyOf': [{'$ref': '#/$defs/share'},\n"
"      {'$ref': '#/$defs/off'}], 'description': 'of a backup since the last one "
"(50%); more, and nothing is forgotten or put away until approved'},\n"
"    'max_share': {'anyOf': [{'$ref': '#/$defs/share'},\n"
"      {'$ref': '#/$defs/off'}]}}},\n"
"'off': {'type': 'string', 'pattern': '^[Oo][Ff][Ff]$'},\n"
"'no': {'anyOf': [{'const': false}, {'type': 'string', 'pattern':\n"
"  '^([Ff][Aa][Ll][Ss][Ee]|[Nn][Oo]|[Oo][Ff][Ff])$'}]},\n"
"'limit': {'anyOf': [{'$ref': '#/$defs/number'}, {'$ref': '#/$defs/off'}]},\n"
"'log': {'type': ['object', 'null'], 'additionalProperties': false,\n"
"  'properties': {\n"
"    'level': {'enum': ['debug', 'info', 'warning', 'error']},\n"
"    'format': {'enum': ['text', 'json', 'journal']},\n"
"    'file': {'$ref': '#/$defs/text'}}},\n";

static const char rules[] =
"'rules': {'anyOf': [{'type': 'null'}, {'$ref': '#/$defs/rule_list'}]},\n"
"'rule_list': {'anyOf': [{'$ref': '#/$defs/rule'},\n"
"  {'type': 'array', 'items': {'$ref': '#/$defs/rule_list'}}]},\n"
"'rule': {'type': 'object', 'additionalProperties': false,\n"
"  'required': ['actions'],\n"
"  'properties': {\n"
"    'name': {'anyOf': [{'$ref': '#/$defs/text'}, {'type': 'null'}]},\n"
"    'enabled': {'$ref': '#/$defs/bool'},\n"
"    'targets': {'enum': ['files', 'dirs']},\n"
"    'locations': {'anyOf': [{'type': 'null'},\n"
"      {'$ref': '#/$defs/locations'}]},\n"
"    'subfolders': {'$ref': '#/$defs/bool'},\n"
"    'filter_mode': {'enum': ['all', 'any', 'none']},\n"
"    'filters': {'anyOf': [{'type': 'null'}, {'$ref': '#/$defs/filters'}]},\n"
"    'actions': {'$ref': '#/$defs/actions'},\n"
"    'any': {'$ref': '#/$defs/filters'},\n"
"    'all': {'$ref': '#/$defs/filters'},\n"
"    'none': {'$ref': '#/$defs/filters'},\n"
"    'stop': {'$ref': '#/$defs/bool'},\n"
"    'watch': {'anyOf': [{'$ref': '#/$defs/bool'},\n"
"      {'type': 'object', 'additionalProperties': false, 'properties': {\n"
"      'settle': {'$ref': '#/$defs/span'},\n"
"      'after': {'$ref': '#/$defs/span'}}}]},\n"
"    'companions': {'anyOf': [{'$ref': '#/$defs/bool'},\n"
"      {'$ref': '#/$defs/texts'}]},\n"
"    'tags': {'$ref': '#/$defs/texts'},\n"
"    'retry': {'$ref': '#/$defs/retry'},\n"
"    'before': {'$ref': '#/$defs/hooks_or_none'},\n"
"    'after': {'$ref': '#/$defs/hooks_or_none'},\n"
"    'on_error': {'$ref': '#/$defs/hooks_or_none'},\n"
"    'schedule': {'$ref': '#/$defs/schedule'}}},\n"
"'locations': {'anyOf': [{'$ref': '#/$defs/location'},\n"
"  {'type': 'array', 'items': {'$ref': '#/$defs/locations'}}]},\n"
"'location': {'anyOf': [{'$ref': '#/$defs/text'},\n"
"  {'type': 'object', 'additionalProperties': false, 'required': ['path'],\n"
"  'properties': {\n"
"    'path': {'$ref': '#/$defs/texts'},\n"
"    'min_depth': {'anyOf': [{'$ref': '#/$defs/number'}, {'type': 'null'}]},\n"
"    'max_depth': {'anyOf': [{'$ref': '#/$defs/number'}, {'type': 'null'},\n"
"      {'const': 'inherit'}]},\n"
"    'search': {'enum': ['breadth', 'depth']},\n"
"    'exclude_files': {'$ref': '#/$defs/texts_or_none'},\n"
"    'exclude_dirs': {'$ref': '#/$defs/texts_or_none'},\n"
"    'system_exclude_files': {'$ref': '#/$defs/texts_or_none'},\n"
"    'system_exclude_dirs': {'$ref': '#/$defs/texts_or_none'},\n"
"    'ignore_errors': {'$ref': '#/$defs/bool'},\n"
"    'filter': {'$ref': '#/$defs/texts_or_none'},\n"
"    'filter_dirs': {'$ref': '#/$defs/texts_or_none'}}}]},\n";

/* What both kinds of backups have. */
#define KEEP_COUNTS \
"        'last': {'$ref': '#/$defs/number'},\n" \
"        'hourly': {'$ref': '#/$defs/number'},\n" \
"        'daily': {'$ref': '#/$defs/number'},\n" \
"        'weekly': {'$ref': '#/$defs/number'},\n" \
"        'monthly': {'$ref': '#/$defs/number'},\n"

#define BACKUP_REST \
"    'name': {'$ref': '#/$defs/text'},\n" \
"    'paths': {'$ref': '#/$defs/texts'},\n" \
"    'exclude': {'$ref': '#/$defs/texts'},\n" \
"    'one_file_system': {'$ref': '#/$defs/bool'},\n" \
"    'exclude_caches': {'$ref': '#/$defs/bool'},\n" \
"    'exclude_if_present': {'$ref': '#/$defs/texts'},\n" \
"    'exclude_larger_than': {'$ref': '#/$defs/size'},\n" \
"    'max_age': {'$ref': '#/$defs/span'},\n" \
"    'min_free': {'$ref': '#/$defs/room'},\n" \
"    'enabled': {'$ref': '#/$defs/bool'},\n" \
"    'tags': {'$ref': '#/$defs/texts'},\n" \
"    'retry': {'$ref': '#/$defs/retry'},\n" \
"    'before': {'$ref': '#/$defs/hooks_or_none'},\n" \
"    'after': {'$ref': '#/$defs/hooks_or_none'},\n" \
"    'on_error': {'$ref': '#/$defs/hooks_or_none'},\n" \
"    'schedule': {'$ref': '#/$defs/schedule'}}},\n"

static const char backups[] =
"'backups': {'anyOf': [{'type': 'null'}, {'$ref': '#/$defs/backup_list'}]},\n"
"'backup_list': {'anyOf': [{'$ref': '#/$defs/backup'},\n"
"  {'type': 'array', 'items': {'$ref': '#/$defs/backup_list'}}]},\n"
"'backup': {'anyOf': [{'$ref': '#/$defs/backup_copies'},\n"
"  {'$ref': '#/$defs/backup_repository'}]},\n"
"'backup_copies': {'type': 'object', 'additionalProperties': false,\n"
"  'required': ['name', 'paths', 'copies'],\n"
"  'properties': {\n"
"    'copies': {'anyOf': [{'$ref': '#/$defs/text'},\n"
"      {'type': 'object', 'additionalProperties': false,\n"
"      'anyOf': [{'required': ['path']}, {'required': ['label']}],\n"
"      'properties': {\n"
"        'path': {'$ref': '#/$defs/text'},\n"
"        'label': {'$ref': '#/$defs/text', 'description':\n"
"          'of the disk; the path is taken from its top'},\n"
"        'name': {'$ref': '#/$defs/text', 'description':\n"
"          'of each copy, as strftime, UTC', 'examples':\n"
"          ['%Y-%m-%dT%H%M%SZ']}}}]},\n"
"    'keep': {'type': ['object', 'null'], 'additionalProperties': false,\n"
"      'properties': {\n"
KEEP_COUNTS
"        'yearly': {'$ref': '#/$defs/number'}}},\n"
BACKUP_REST;

static const char repositories[] =
"'backup_repository': {'type': 'object', 'additionalProperties': false,\n"
"  'required': ['name', 'paths', 'repository'],\n"
"  'not': {'required': ['password_file', 'password_command']},\n"
"  'properties': {\n"
"    'repository': {'$ref': '#/$defs/text', 'description':\n"
"      'a restic repository: a folder, or one on another machine',\n"
"      'examples': ['/media/me/BACKUP/home', 'sftp:me@host:/backup']},\n"
"    'options': {'$ref': '#/$defs/texts', 'description':\n"
"      'of the store, as restic -o', 'examples': ['sftp.connections=3']},\n"
"    'limit_upload': {'$ref': '#/$defs/rate'},\n"
"    'limit_download': {'$ref': '#/$defs/rate'},\n"
"    'cacert': {'$ref': '#/$defs/text'},\n"
"    'tls_client_cert': {'$ref': '#/$defs/text'},\n"
"    'also_to': {'$ref': '#/$defs/texts', 'description':\n"
"      'other backups with a repository, to which snapshots are copied'},\n"
"    'password_file': {'$ref': '#/$defs/text'},\n"
"    'password_command': {'$ref': '#/$defs/text'},\n"
"    'exclude_file': {'$ref': '#/$defs/texts'},\n"
"    'host': {'$ref': '#/$defs/text'},\n"
"    'snapshot_tags': {'$ref': '#/$defs/texts'},\n"
"    'prune': {'enum': ['auto', 'never']},\n"
"    'compression': {'enum': ['auto', 'off', 'fastest', 'better', 'max']},\n"
"    'retry_lock': {'$ref': '#/$defs/span'},\n"
"    'keep': {'type': ['object', 'null'], 'additionalProperties': false,\n"
"      'properties': {\n"
KEEP_COUNTS
"        'yearly': {'$ref': '#/$defs/number'},\n"
"        'within': {'$ref': '#/$defs/text', 'examples': ['1y5m7d2h']},\n"
"        'tags': {'$ref': '#/$defs/texts'}}},\n"
BACKUP_REST;

static const char archives[] =
"'archives': {'anyOf': [{'type': 'null'}, {'$ref': '#/$defs/archive_list'}]},\n"
"'archive_list': {'anyOf': [{'$ref': '#/$defs/archive'},\n"
"  {'type': 'array', 'items': {'$ref': '#/$defs/archive_list'}}]},\n"
"'archive': {'type': 'object', 'additionalProperties': false,\n"
"  'required': ['name', 'locations', 'older_than', 'to'],\n"
"  'properties': {\n"
"    'name': {'$ref': '#/$defs/text'},\n"
"    'locations': {'$ref': '#/$defs/texts'},\n"
"    'subfolders': {'$ref': '#/$defs/bool'},\n"
"    'older_than': {'$ref': '#/$defs/span'},\n"
"    'by': {'enum': ['mtime', 'added', 'atime', 'ctime', 'birth']},\n"
"    'to': {'$ref': '#/$defs/text'},\n"
"    'bundle': {'enum': ['tar.zst']},\n"
"    'empty_folders': {'enum': ['keep', 'remove']},\n"
"    'keep_metadata': {'enum': ['always', 'when_possible']},\n"
"    'exclude_files': {'$ref': '#/$defs/texts'},\n"
"    'exclude_dirs': {'$ref': '#/$defs/texts'},\n"
"    'min_free': {'$ref': '#/$defs/room'},\n"
"    'enabled': {'$ref': '#/$defs/bool'},\n"
"    'tags': {'$ref': '#/$defs/texts'},\n"
"    'retry': {'$ref': '#/$defs/retry'},\n"
"    'before': {'$ref': '#/$defs/hooks_or_none'},\n"
"    'after': {'$ref': '#/$defs/hooks_or_none'},\n"
"    'on_error': {'$ref': '#/$defs/hooks_or_none'},\n"
"    'schedule': {'$ref': '#/$defs/schedule'}}},\n";

static const char shared[] =
"'on_conflict': {'enum': ['skip', 'overwrite', 'deduplicate', 'rename_new',\n"
"  'rename_existing', 'trash', 'keep_newer', 'keep_larger']},\n"
"'age': {'type': ['object', 'null'], 'additionalProperties': false,\n"
"  'properties': {\n"
"    'years': {'$ref': '#/$defs/number'},\n"
"    'months': {'$ref': '#/$defs/number'},\n"
"    'weeks': {'$ref': '#/$defs/number'},\n"
"    'days': {'$ref': '#/$defs/number'},\n"
"    'hours': {'$ref': '#/$defs/number'},\n"
"    'minutes': {'$ref': '#/$defs/number'},\n"
"    'seconds': {'$ref': '#/$defs/number'},\n"
"    'mode': {'enum': ['older', 'newer']},\n"
"    'timezone': {'$ref': '#/$defs/text'}}},\n";

/* What stands behind the name of a filter or an action. */
struct word {
	const char	*name;
	int		 needs_value;	/* it cannot stand alone */
	const char	*value;
};

#define CONFLICT "'on_conflict': {'$ref': '#/$defs/on_conflict'}, " \
	"'rename_template': {'$ref': '#/$defs/text'}"

#define ORIGINAL "{'enum': ['first_seen', '-first_seen', 'last_seen', " \
	"'-last_seen', 'name',\n    '-name', 'created', '-created', " \
	"'lastmodified', '-lastmodified']}"

static const struct word filters[] = {
	{ "created", 0, "{'$ref': '#/$defs/age'}" },
	{ "lastmodified", 0, "{'$ref': '#/$defs/age'}" },
	{ "date_added", 0, "{'$ref': '#/$defs/age'}" },
	{ "date_lastused", 0, "{'$ref': '#/$defs/age'}" },
	{ "duplicate", 0, "{'anyOf': [{'type': 'null'}, " ORIGINAL ",\n"
	    "    {'type': 'object', 'additionalProperties': false, "
	    "'properties': {\n    'detect_original_by': " ORIGINAL ",\n"
	    "    'hash_algorithm': {'$ref': '#/$defs/text'}}}]}" },
	{ "empty", 0, "{'type': 'null'}" },
	{ "exif", 0, "{'anyOf': [{'$ref': '#/$defs/texts_or_none'},\n"
	    "    {'type': 'object', 'additionalProperties': {'anyOf': [\n"
	    "      {'type': 'null'}, {'$ref': '#/$defs/text'},\n"
	    "      {'type': 'object', 'additionalProperties':\n"
	    "      {'anyOf': [{'type': 'null'}, {'$ref': '#/$defs/text'}]}}"
	    "]}}]}" },
	{ "filecontent", 0, "{'anyOf': [{'type': 'null'}, "
	    "{'$ref': '#/$defs/text'},\n"
	    "    {'type': 'object', 'additionalProperties': false,\n"
	    "    'properties': {'expr': {'$ref': '#/$defs/text'}}}]}" },
	{ "hash", 0, "{'anyOf': [{'type': 'null'}, {'$ref': '#/$defs/text'},\n"
	    "    {'type': 'object', 'additionalProperties': false,\n"
	    "    'properties': {'algorithm': {'$ref': '#/$defs/text'}}}]}" },
	{ "mimetype", 0, "{'anyOf': [{'$ref': '#/$defs/texts_or_none'},\n"
	    "    {'type': 'object', 'additionalProperties': false,\n"
	    "    'properties': {'mimetypes': {'$ref': '#/$defs/texts'},\n"
	    "    'by': {'enum': ['name', 'content']}}}]}" },
	{ "xattr", 0, "{'anyOf': [{'$ref': '#/$defs/texts_or_none'},\n"
	    "    {'type': 'object', 'additionalProperties':\n"
	    "      {'anyOf': [{'type': 'null'}, {'$ref': '#/$defs/text'}]}}"
	    "]}" },
	{ "extension", 0, "{'anyOf': [{'$ref': '#/$defs/texts_or_none'},\n"
	    "    {'type': 'object', 'additionalProperties': false,\n"
	    "    'properties': {'extensions': {'$ref': '#/$defs/texts'}}}]}" },
	{ "name", 0, "{'anyOf': [{'type': 'null'}, {'$ref': '#/$defs/text'},\n"
	    "    {'type': 'object', 'additionalProperties': false, "
	    "'properties': {\n"
	    "    'match': {'$ref': '#/$defs/text'},\n"
	    "    'startswith': {'$ref': '#/$defs/texts'},\n"
	    "    'contains': {'$ref': '#/$defs/texts'},\n"
	    "    'endswith': {'$ref': '#/$defs/texts'},\n"
	    "    'case_sensitive': {'$ref': '#/$defs/bool'}}}]}" },
	{ "regex", 1, "{'anyOf': [{'$ref': '#/$defs/text'},\n"
	    "    {'type': 'object', 'additionalProperties': false, "
	    "'required': ['expr'],\n"
	    "    'properties': {'expr': {'$ref': '#/$defs/text'}}}]}" },
	{ "size", 0, "{'anyOf': [{'$ref': '#/$defs/texts_or_none'},\n"
	    "    {'type': 'object', 'additionalProperties': false,\n"
	    "    'required': ['conditions'],\n"
	    "    'properties': {'conditions': {'$ref': '#/$defs/texts'}}}]}" },
	{ "all", 1, "{'$ref': '#/$defs/filters'}" },
	{ "any", 1, "{'$ref': '#/$defs/filters'}" },
	{ "none", 1, "{'$ref': '#/$defs/filters'}" },
	{ NULL, 0, NULL },
};

static const struct word actions[] = {
	{ "archive", 1, "{'anyOf': [{'$ref': '#/$defs/text'},\n"
	    "    {'type': 'object', 'additionalProperties': false, "
	    "'required': ['to'],\n"
	    "    'properties': {'to': {'$ref': '#/$defs/text'}, " CONFLICT
	    ",\n    'keep_metadata': {'enum': ['always', "
	    "'when_possible']}}}]}" },
	{ "copy", 1, "{'anyOf': [{'$ref': '#/$defs/text'},\n"
	    "    {'type': 'object', 'additionalProperties': false, "
	    "'required': ['dest'],\n"
	    "    'properties': {'dest': {'$ref': '#/$defs/text'}, " CONFLICT
	    ",\n    'autodetect_folder': {'$ref': '#/$defs/bool'},\n"
	    "    'continue_with': {'enum': ['copy', 'original']}}}]}" },
	{ "move", 1, "{'anyOf': [{'$ref': '#/$defs/text'},\n"
	    "    {'type': 'object', 'additionalProperties': false, "
	    "'required': ['dest'],\n"
	    "    'properties': {'dest': {'$ref': '#/$defs/text'}, " CONFLICT
	    ",\n    'autodetect_folder': {'$ref': '#/$defs/bool'}}}]}" },
	{ "rename", 1, "{'anyOf': [{'$ref': '#/$defs/text'},\n"
	    "    {'type': 'object', 'additionalProperties': false, "
	    "'required': ['new_name'],\n"
	    "    'properties': {'new_name': {'$ref': '#/$defs/text'}, " CONFLICT
	    "}}]}" },
	{ "hardlink", 1, "{'anyOf': [{'$ref': '#/$defs/text'},\n"
	    "    {'type': 'object', 'additionalProperties': false, "
	    "'required': ['dest'],\n"
	    "    'properties': {'dest': {'$ref': '#/$defs/text'}, " CONFLICT
	    ",\n    'autodetect_folder': {'$ref': '#/$defs/bool'}}}]}" },
	{ "symlink", 1, "{'anyOf': [{'$ref': '#/$defs/text'},\n"
	    "    {'type': 'object', 'additionalProperties': false, "
	    "'required': ['dest'],\n"
	    "    'properties': {'dest': {'$ref': '#/$defs/text'}, " CONFLICT
	    ",\n    'autodetect_folder': {'$ref': '#/$defs/bool'}}}]}" },
	{ "confirm", 0, "{'anyOf': [{'type': 'null'}, "
	    "{'$ref': '#/$defs/text'},\n"
	    "    {'type': 'object', 'additionalProperties': false,\n"
	    "    'properties': {'msg': {'anyOf': [{'type': 'null'},\n"
	    "      {'$ref': '#/$defs/text'}]},\n"
	    "    'default': {'$ref': '#/$defs/bool'}}}]}" },
	{ "shell", 1, "{'anyOf': [{'$ref': '#/$defs/text'},\n"
	    "    {'type': 'object', 'additionalProperties': false, "
	    "'required': ['cmd'],\n"
	    "    'properties': {'cmd': {'$ref': '#/$defs/text'},\n"
	    "    'ignore_errors': {'$ref': '#/$defs/bool'},\n"
	    "    'run_in_simulation': {'$ref': '#/$defs/no'},\n"
	    "    'simulation_output': {'$ref': '#/$defs/texts_or_none'},\n"
	    "    'simulation_returncode': {'$ref': '#/$defs/texts_or_none'}"
	    "}}]}" },
	{ "write", 1, "{'type': 'object', 'additionalProperties': false,\n"
	    "    'required': ['text', 'outfile'], 'properties': {\n"
	    "    'text': {'$ref': '#/$defs/text'},\n"
	    "    'outfile': {'$ref': '#/$defs/text'},\n"
	    "    'mode': {'enum': ['append', 'prepend', 'overwrite']},\n"
	    "    'newline': {'$ref': '#/$defs/bool'},\n"
	    "    'clear_before_first_write': {'$ref': '#/$defs/bool'},\n"
	    "    'encoding': {'$ref': '#/$defs/text'}}}" },
	{ "xattr", 1, "{'type': 'object', 'additionalProperties': false,\n"
	    "    'minProperties': 1, 'properties': {\n"
	    "    'tags': {'$ref': '#/$defs/texts'},\n"
	    "    'remove_tags': {'$ref': '#/$defs/texts'},\n"
	    "    'set': {'type': 'object', 'additionalProperties':\n"
	    "      {'$ref': '#/$defs/text'}},\n"
	    "    'remove': {'$ref': '#/$defs/texts'}}}" },
	{ "trash", 0, "{'type': 'null'}" },
	{ "delete", 0, "{'type': ['object', 'null'], "
	    "'additionalProperties': false,\n"
	    "    'properties': {'permanently': {'$ref': '#/$defs/bool'}}}" },
	{ "echo", 0, "{'anyOf': [{'type': 'null'}, {'$ref': '#/$defs/text'},\n"
	    "    {'type': 'object', 'additionalProperties': false,\n"
	    "    'properties': {'msg': {'anyOf': [{'type': 'null'},\n"
	    "      {'$ref': '#/$defs/text'}]}}}]}" },
	{ "sort", 0, "{'anyOf': [{'type': 'null'}, {'enum': ['by-type', "
	    "'by-content']},\n"
	    "    {'type': 'object', 'additionalProperties': false, "
	    "'properties': {\n"
	    "    'by': {'enum': ['type', 'content']},\n"
	    "    'categories': {'type': 'object', 'additionalProperties':\n"
	    "      {'$ref': '#/$defs/texts_or_none'}},\n"
	    "    'into': {'$ref': '#/$defs/text'}, " CONFLICT "}}]}" },
	{ NULL, 0, NULL },
};

static void
put(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++)
		buf_addc(out, *s == '\'' ? '"' : *s);
}

static const struct word *
find(const struct word *words, const char *name)
{
	for (; words->name != NULL; words++)
		if (strcmp(words->name, name) == 0)
			return words;
	return NULL;
}

/* A list of what is one of `names`, each with its value, or alone. */
static void
put_list(struct buf *out, const char *what, const char *const *names,
    const struct word *words, int may_be_negated)
{
	const char *not_ = may_be_negated ? "(not +)?" : "";
	const struct word *w;
	const char *sep = "";
	size_t i;

	put(out, "'");
	put(out, what);
	put(out, "s': {'anyOf': [{'$ref': '#/$defs/");
	put(out, what);
	put(out, "'}, {'type': 'array', 'items': {'$ref': '#/$defs/");
	put(out, what);
	put(out, "s'}}]},\n'");
	put(out, what);
	put(out, "': {'anyOf': [\n  {'type': 'string', 'pattern': '^");
	put(out, not_);
	put(out, "(");
	for (i = 0; names[i] != NULL; i++) {
		w = find(words, names[i]);
		if (w != NULL && w->needs_value)
			continue;
		put(out, sep);
		put(out, names[i]);
		sep = "|";
	}
	put(out, ")$'},\n  {'type': 'object', 'minProperties': 1, "
	    "'maxProperties': 1,\n  'additionalProperties': false, "
	    "'patternProperties': {");
	for (i = 0; names[i] != NULL; i++) {
		w = find(words, names[i]);
		put(out, i ? ",\n  '^" : "\n  '^");
		put(out, not_);
		put(out, names[i]);
		put(out, "$': ");
		put(out, w != NULL ? w->value : "true");
	}
	put(out, "}}]}");
}

#define NAMES_MAX	64

void
schema_write(struct buf *out)
{
	const char *names[NAMES_MAX + 1];
	size_t n;

	put(out, head);
	put(out, schema_web_top);
	put(out, defs);
	put(out, schema_web);
	put(out, values);
	put(out, schema_daemon);
	put(out, schema_notify);
	put(out, rules);
	put(out, backups);
	put(out, repositories);
	put(out, archives);
	put(out, shared);
	for (n = 0; n < NAMES_MAX && filter_table[n] != NULL; n++)
		names[n] = filter_table[n]->name;
	for (size_t i = 0; filter_groups[i] != NULL && n < NAMES_MAX; i++)
		names[n++] = filter_groups[i];
	names[n] = NULL;
	put_list(out, "filter", names, filters, 1);
	put(out, ",\n");
	for (n = 0; n < NAMES_MAX && action_table[n] != NULL; n++)
		names[n] = action_table[n]->name;
	names[n] = NULL;
	put_list(out, "action", names, actions, 0);
	put(out, "\n}\n}\n");
}
