import { isDistinguishedName } from "./distinguishedName.ts";
import { aclProviders } from "./loginProviders.ts";

/** What Java 17's X500Principal takes, as it was asked. */
test.each([
  ["", true],
  ["CN=a", true],
  ["CN=a,", false],
  ["CN=a,O=b", true],
  ["cn=a; o=b", true],
  ["CN = a", true],
  ["CN=a+OU=b", true],
  ["CN=", true],
  ["CN", false],
  ["=a", false],
  ["XX=a", false],
  ["1.2.3=a", true],
  ["OID.1.2.3=a", true],
  ["1=a", false],
  ["3.1=a", false],
  ["CN=#04", false],
  ["CN=#040161", true],
  ["CN=#0401", false],
  ["CN=#041", false],
  ["CN=#05000", false],
  ["CN=#04 ", false],
  ["CN=#0x", false],
  ["CN=#", false],
  ['CN="a,b"', true],
  ['CN="a', false],
  ["CN=a\\,b", true],
  ["CN=a\\x", false],
  ["CN=a\\41", true],
  ["CN=a\\4", false],
  ["CN=a<b", false],
  ["CN=a=b", true],
  ['CN=a"b', false],
  ["CN=a#b", true],
  [" CN=a ", true],
  ["CN=a,,O=b", false],
  ["CN=a+", false],
  ["S=x", true],
  ["E=x", false],
  ["SN=x", false],
  ["TITLE=x", false],
  ["emailAddress=a@b", true],
  ["CN=é", true],
  ["CN=a\nb", true],
  ["\nCN=a", true],
  ['CN="a"b', false],
  ['CN="a" ,O=x', true],
  ['CN="a\\b"', false],
  ['CN="\\41"', true],
  ["CN= ", true],
  ["CN=a\\ ", true],
  ["CN=a\\", false],
  ["1.40.1=a", false],
  ["0.40=a", false],
  ["1.2.=a", false],
  ["oid.2.5.4.3=x", true],
  ["CN=a,O", false],
  ["CN=a\\#", true],
  ["CN=a\\é", false],
  ["CN=a;", false],
  ["CN=a\u0000b", true],
])("the distinguished name %j", (text, expected) => expect(isDistinguishedName(text)).toBe(expected));

test.each([
  ["bob", true],
  ["", true],
  ["bob@R", true],
  ["bob/h@R", true],
  ["/@", true],
  ["@", true],
  ["bob/h", true],
  ["a/b/c", true],
  ["a/b/c@R", false],
  ["bob@R@S", false],
  ["bob@R/h", false],
])("the sasl id %j", (id, expected) => {
  expect(
    aclProviders({ schemes: ["sasl"] })
      .get("sasl")
      ?.isWellFormed(id),
  ).toBe(expected);
});

test("who is meant", () => {
  const providers = aclProviders({ schemes: ["sasl", "x509"], anySaslUser: "any", x509SuperUser: "CN=root" });
  const asked = (scheme: string, identity: string, entry: string): boolean | undefined =>
    providers.get(scheme)?.matches(identity, entry);
  expect(asked("sasl", "bob", "bob")).toBe(true);
  expect(asked("sasl", "bob", "eve")).toBe(false);
  expect(asked("sasl", "super", "eve")).toBe(true);
  expect(asked("sasl", "bob", "any")).toBe(true);
  expect(asked("x509", "CN=a", "CN=a")).toBe(true);
  expect(asked("x509", "CN=a", "cn=a")).toBe(false);
  expect(asked("x509", "CN=root", "CN=a")).toBe(true);
});

test("schemes that nobody asked for are unknown, digest too when it is off", () => {
  expect([...aclProviders({ schemes: [] }).keys()]).toEqual(["ip"]);
  expect([...aclProviders({ schemes: ["digest", "sasl"] }).keys()]).toEqual(["ip", "digest", "sasl"]);
});
