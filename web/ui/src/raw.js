// raw.js -- names that are no UTF-8.  Within the pages a byte that is no text is the
// lone half \udc80 to \udcff (as in Python's surrogateescape), so that such a name is
// cut, joined and compared like any other; on the line it is NAME_bytes, in base64.
const LONE = /[\udc80-\udcff]/u;
const WELL = new RegExp("[\\xc2-\\xdf][\\x80-\\xbf]|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|" +
	"[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}|\\xed[\\x80-\\x9f][\\x80-\\xbf]|" +
	"\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}|" +
	"\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}|[\\x80-\\xff]", "g");
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

function decode(base64)
{
	return atob(base64).replace(WELL, (m) => (m.length === 1 ? String.fromCharCode(0xdc00 + m.charCodeAt(0)) :
		decoder.decode(Uint8Array.from(m, (c) => c.charCodeAt(0)))));
}

function encode(text)
{
	return btoa(text.replace(/[^\0-\x7f]/gu, (c) => (LONE.test(c) ? String.fromCharCode(c.charCodeAt(0) & 0xff) :
		String.fromCharCode(...encoder.encode(c)))));
}

const isRaw = (v) => (Array.isArray(v) ? v.some(isRaw) : typeof v === "string" && LONE.test(v));

// For the line: each member that needs it goes as its bytes.
export function pack(members)
{
	return Object.fromEntries(Object.entries(members).map(([k, v]) => (isRaw(v) ?
		[k + "_bytes", Array.isArray(v) ? v.map(encode) : encode(v)] : [k, v])));
}

// From the line. What only looks like it (a number of bytes) stays as it is.
export function unpack(members)
{
	for (const [k, v] of Object.entries(members))
		if (k.endsWith("_bytes") && (typeof v === "string" || Array.isArray(v))) {
			try {
				members[k.slice(0, -6)] = Array.isArray(v) ? v.map(decode) : decode(v);
				delete members[k];
			} catch {
				// no base64: somebody's own words in a URL
			}
		}
	return members;
}

export const parse = (json) => JSON.parse(json, (_, v) => (v && typeof v === "object" && !Array.isArray(v) ? unpack(v) : v));
