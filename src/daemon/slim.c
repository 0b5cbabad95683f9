#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/slim.h"

static int
let_go(struct dl_phdr_info *info, size_t size, void *arg)
{
	uintptr_t page = *(const uintptr_t *)arg, from, to;
	const ElfW(Phdr) *p;
	int i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum; i++) {
		p = &info->dlpi_phdr[i];
		if (p->p_type != PT_LOAD || (p->p_flags & PF_W) != 0)
			continue;
		from = (info->dlpi_addr + p->p_vaddr) & ~(page - 1);
		to = info->dlpi_addr + p->p_vaddr + p->p_filesz;
		to &= ~(page - 1);	/* the rest may be another's */
		if (to > from)
			madvise((void *)from, to - from, MADV_DONTNEED);
	}
	return 0;
}

void
slim(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	malloc_trim(0);
	dl_iterate_phdr(let_go, &page);
}
