import { isIPv4, isIPv6 } from "node:net";

/**
 * The formats that are asserted, each by one pass over the text. What other formats mean is not checked anywhere, and
 * so a schema with one is refused. RFC 3339, 5321, 3986, 9562 and 6901, as JSON Schema 2020-12 names them.
 */
export const formats: Readonly<Record<string, (text: string) => boolean>> = {
  date: isDate,
  time: isTime,
  "date-time": (text) => /^.{10}t/is.test(text) && isDate(text.slice(0, 10)) && isTime(text.slice(11)),
  duration: (text) => DURATION.test(text) && !/[PT]$/.test(text),
  email: isEmail,
  ipv4: isIPv4,
  ipv6: (text) => isIPv6(text) && !text.includes("%"),
  uri: (text) => /^[a-z][a-z0-9+.-]*:/i.test(text) && isUriReference(text),
  "uri-reference": isUriReference,
  uuid: (text) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text),
  "json-pointer": (text) => /^(?:\/(?:[^~/]|~[01])*)*$/.test(text),
};

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day >= 1 && day <= (month === 2 && !isLeap ? 28 : (DAYS[month - 1] ?? 0));
}

/** A leap second is the last one of a day in UTC. */
function isTime(text: string): boolean {
  const found = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:z|([+-])(\d\d):(\d\d))$/i.exec(text);
  if (!found) return false;
  const [hour = 0, minute = 0, second = 0] = found.slice(1, 4).map(Number);
  const [hours, minutes] = [Number(found[5] ?? 0), Number(found[6] ?? 0)];
  if (hour > 23 || minute > 59 || second > 60 || hours > 23 || minutes > 59) return false;
  const offset = (hours * 60 + minutes) * (found[4] === "-" ? -1 : 1);
  return second < 60 || (hour * 60 + minute - offset + 1440) % 1440 === 1439;
}

/** RFC 3339, appendix A: each part once, in order, and none left out between two; weeks stand alone. */
const DURATION =
  /^P(?:\d+W|(?:\d+Y(?:\d+M(?:\d+D)?)?|\d+M(?:\d+D)?|\d+D)?(?:T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))?)$/;

const ATEXT = "[a-z0-9!#$%&'*+/=?^_`{|}~-]";
const LOCAL = new RegExp(`^(?:${ATEXT}+(?:\\.${ATEXT}+)*|"(?:[ !#-[\\]-~]|\\\\[ -~])*")$`, "i");
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

function isEmail(text: string): boolean {
  const at = text.lastIndexOf("@");
  if (at < 1 || text.length > 320 || !LOCAL.test(text.slice(0, at))) return false;
  const domain = text.slice(at + 1);
  if (domain.startsWith("[") && domain.endsWith("]")) {
    const literal = domain.slice(1, -1);
    return isIPv4(literal) || (/^ipv6:/i.test(literal) && isIPv6(literal.slice(5)));
  }
  return domain.length <= 253 && domain.split(".").every((label) => LABEL.test(label));
}

/** RFC 3986, appendix B: what each part may have. */
const PCHAR = "(?:[a-z0-9._~!$&'()*+,;=:@-]|%[0-9a-f]{2})";
const PARTS = /^(?:([^:/?#]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;
const PATH = new RegExp(`^(?:${PCHAR}|/)*$`, "i");
const QUERY = new RegExp(`^(?:${PCHAR}|[/?])*$`, "i");
const SCHEME = /^[a-z][a-z0-9+.-]*$/i;
const AUTHORITY =
  /^(?:(?:[a-z0-9._~!$&'()*+,;=:-]|%[0-9a-f]{2})*@)?(?:\[[^\]]*\]|(?:[a-z0-9._~!$&'()*+,;=-]|%[0-9a-f]{2})*)(?::\d*)?$/i;

/** Most are like this, and told by one look. */
const USUAL = /^https?:\/\/[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9._~!$&'()*+,;=:@/-]*)?(?:\?[a-z0-9._~!$&'()*+,;=:@/?-]*)?$/i;

function isUriReference(text: string): boolean {
  if (USUAL.test(text)) return true;
  const [, scheme, authority, path = "", query = "", fragment = ""] = PARTS.exec(text) ?? [];
  if (scheme !== undefined && !SCHEME.test(scheme)) return false;
  if (authority !== undefined && !isAuthority(authority)) return false;
  return PATH.test(path) && QUERY.test(query) && QUERY.test(fragment);
}

function isAuthority(text: string): boolean {
  const literal = /\[([^\]]*)\]/.exec(text)?.[1];
  const isHost = literal === undefined || isIPv6(literal) || /^v[0-9a-f]+\.[a-z0-9._~!$&'()*+,;=:-]+$/i.test(literal);
  return isHost && AUTHORITY.test(text);
}
