/*
 * Foreign text as UTF-8, and the words of XML.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "media/text.h"
#include "util/buf.h"

static void
same(struct buf *got, const char *want)
{
	assert_string_equal(buf_str(got), want);
	buf_reset(got);
}

static void
plain_text_is_decoded(void **state)
{
	CLEAN_BUF struct buf b = {0};

	(void)state;
#define PLAIN(bytes, want) \
	assert_int_equal(text_plain(bytes, sizeof(bytes) - 1, 1000, &b), 0); \
	same(&b, want)
	PLAIN("plain", "plain");
	PLAIN("Gr\xc3\xbc\xc3\x9f" "e", "Gr\xc3\xbc\xc3\x9f" "e");
	PLAIN("\xef\xbb\xbfmark", "mark");
	PLAIN("Gr\xfc\xdf" "e \x80", "Gr\xc3\xbc\xc3\x9f" "e \xe2\x82\xac");
	PLAIN("\xff\xfeH\0\xfc\0", "H\xc3\xbc");
	PLAIN("\xfe\xff\0H\0\xfc", "H\xc3\xbc");
	PLAIN("\xff\xfe\x3d\xd8\0\xde", "\xf0\x9f\x98\x80");
	PLAIN("\xff\xfe\x3d\xd8", "\xef\xbf\xbd");
	PLAIN("a\r\nb\rc\n", "a\nb\nc\n");
	PLAIN("", "");
	assert_int_equal(text_plain("12345", 5, 4, &b), -1);
	same(&b, "1234");
}

static void
xml_leaves_its_words(void **state)
{
	CLEAN_BUF struct buf b = {0};

	(void)state;
#define XML(text, want) \
	assert_int_equal(text_of_xml(text, sizeof(text) - 1, 1000, &b), 0); \
	same(&b, want)
	XML("<?xml version='1.0'?><w:document><w:body><w:p><w:r><w:t>In"
	    "</w:t></w:r><w:r><w:t>voice 7</w:t></w:r></w:p><w:p><w:t>b</w:t>"
	    "</w:p></w:body></w:document>", "Invoice 7\nb\n");
	XML("<text:p>a<text:tab/>b<text:line-break/>c<text:s/>d</text:p>",
	    "a\tb\nc d\n");
	XML("<x>&lt;&amp;&gt;&#65;&#x20ac;&nbsp;&</x>",
	    "<&>A\xe2\x82\xac&nbsp;&");
	XML("<x><!-- <p>no</p> --><![CDATA[<yes>]]></x>", "<yes>");
	XML("<a>one\n   two</a>", "one    two");
	XML("<open", "");
	XML("&#0;&#xd800;&#99999999;", "&#0;&#xd800;&#99999999;");
	assert_int_equal(text_of_xml("<a>12345", 8, 4, &b), -1);
	same(&b, "1234");
}

static void
documents_are_tidied_as_organize_does(void **state)
{
	static const struct { const char *in, *out; } v[] = {
		{ "H e l l o\nW o r l d", "Hello\nWorld" },
		{ "H e l l o  W o r l d\n", "Hello World\n" },
		{ "a\n\n\n\nb\n", "a\n\nb\n" }, { "a b cd\n", "a b cd\n" },
		{ "a\n", "a\n" }, { "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		CLEAN_BUF struct buf b = {0};

		buf_adds(&b, v[i].in);
		text_tidy(&b);
		same(&b, v[i].out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_is_decoded),
		cmocka_unit_test(xml_leaves_its_words),
		cmocka_unit_test(documents_are_tidied_as_organize_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
