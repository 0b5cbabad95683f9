/* report_json.c -- a report as JSON Lines: an object a fact, "report" says of
 * what. */
#include <string.h>

#include "cli/cli.h"
#include "cli/report.h"
#include "job/report.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/time.h"

static void
begin(struct json *j, const char *what)
{
	json_begin(j);
	json_key(j, "report");
	json_str(j, what);
}

static void
end(struct json *j)
{
	json_object_end(j);
	json_line(j);
	cli_out(j->out->data, j->out->len);
	buf_reset(j->out);
}

static void
sum(struct json *j, const struct report_sum *s)
{
	json_put_u64(j, "files", s->files);
	json_put_u64(j, "bytes", s->bytes);
}

static void
places(struct json *j, const char *what, const struct report_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		begin(j, what);
		json_name(j, "name", l->v[i].name, strlen(l->v[i].name));
		sum(j, &l->v[i].s);
		if (l->v[i].error != NULL) {
			json_key(j, "error");
			json_bytes(j, l->v[i].error, strlen(l->v[i].error));
		}
		end(j);
	}
}

static void
twins(struct json *j, const struct report *r)
{
	const struct report_twins *t;
	size_t i, k;

	for (i = 0; i < r->twins.n; i++) {
		t = &r->twins.v[i];
		begin(j, "duplicate");
		json_put_u64(j, "bytes", t->bytes);
		json_put_u64(j, "files", t->n);
		json_key(j, "paths");
		json_array_start(j);
		for (k = 0; k < t->n && k < REPORT_PATHS; k++) {
			json_object_start(j);
			json_name(j, "path", t->paths[k], strlen(t->paths[k]));
			json_object_end(j);
		}
		json_array_end(j);
		end(j);
	}
}

static void
past(struct json *j, const struct report *r)
{
	size_t i;

	for (i = 0; i < r->n_growth; i++) {
		begin(j, "growth");
		json_put_time(j, "day", r->growth[i].at);
		sum(j, &r->growth[i].s);
		end(j);
	}
	for (i = 0; i < REPORT_DAYS; i++) {
		begin(j, "day");
		json_put_time(j, "day", r->days[i].at);
		json_put_u64(j, "sorted", r->days[i].sorted);
		json_put_u64(j, "put_away", r->days[i].put_away);
		json_put_u64(j, "backups", r->days[i].backups);
		json_put_u64(j, "backed_up_bytes", r->days[i].backed_up);
		json_put_u64(j, "failed", r->days[i].failed);
		end(j);
	}
}

static void
jobs(struct json *j, const struct report *r)
{
	const struct job_status *s;
	size_t i;

	for (i = 0; i < r->n_jobs; i++) {
		s = &r->jobs[i];
		begin(j, "job");
		json_key(j, "job");
		json_bytes(j, s->job->name, strlen(s->job->name));
		json_key(j, "state");
		json_str(j, job_health_name(s->health));
		json_put_time(j, "last_success", s->last_success);
		json_key(j, "why");
		json_bytes(j, s->why, strlen(s->why));
		end(j);
	}
}

void
report_json(const struct report *r)
{
	CLEAN_BUF struct buf b = {0};
	struct json j = { .out = &b };

	places(&j, "root", &r->roots);
	places(&j, "type", &r->types);
	places(&j, "age", &r->ages);
	places(&j, "folder", &r->folders);
	places(&j, "file", &r->files);
	twins(&j, r);
	past(&j, r);
	jobs(&j, r);
	begin(&j, "summary");
	json_put_time(&j, "time", r->now);
	sum(&j, &r->all);
	json_put_u64(&j, "unreadable_folders", r->unreadable);
	json_put_u64(&j, "duplicate_groups", r->twins.groups);
	json_put_u64(&j, "duplicate_files", r->twins.files);
	json_put_u64(&j, "duplicate_bytes", r->twins.bytes);
	json_put_u64(&j, "not_compared", r->twins.unread);
	end(&j);
}
