import { hostPortText, hostText, isAnyAddress, isLiteralAddress, socketAddressText } from "./hostText.ts";

test.each([
  ["::1", "0:0:0:0:0:0:0:1"],
  ["::", "0:0:0:0:0:0:0:0"],
  ["2001:DB8::00F", "2001:db8:0:0:0:0:0:f"],
  ["1:0:0:2::", "1:0:0:2:0:0:0:0"],
  ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
  ["::ffff:1.2.3.4", "1.2.3.4"],
  ["::ffff:7f00:1", "127.0.0.1"],
  ["fe80::1%lo", "fe80::1%lo"],
  ["::1.2.3.4", "0:0:0:0:0:0:102:304"],
  ["1:2:3", "1:2:3"],
  ["1::2::3", "1::2::3"],
  ["1:2:3:4:5:6:7::8", "1:2:3:4:5:6:7::8"],
  ["10.0.0.1", "10.0.0.1"],
  ["zk1.example", "zk1.example"],
  ["", "localhost"],
])("Java prints the host %j as %j", (host, text) => expect(hostText(host)).toBe(text));

test.each([
  ["127.0.0.1", "127.0.0.1:5", "/127.0.0.1:5"],
  ["::1", "[0:0:0:0:0:0:0:1]:5", "/[0:0:0:0:0:0:0:1]:5"],
  ["::ffff:10.0.0.9", "10.0.0.9:5", "/10.0.0.9:5"],
])("%j with a port", (host, pair, socket) => {
  expect(hostPortText(host, 5)).toBe(pair);
  expect(socketAddressText(host, 5)).toBe(socket);
});

test.each([
  ["0.0.0.0", true, true],
  ["::", true, true],
  ["0:0:0:0:0:0:0:0", true, true],
  ["127.0.0.1", false, true],
  ["1.2.3.400", false, false],
  ["zk1", false, false],
])("%j is any address: %j, literal: %j", (host, any, literal) => {
  expect(isAnyAddress(host)).toBe(any);
  expect(isLiteralAddress(host)).toBe(literal);
});
