import { environment } from "./environment.ts";

test("Java's keys in Java's order; tools take the version from the first", () => {
  const lines = environment("3.9.5-x, built on now");
  expect([...lines.keys()].join(" ")).toBe(
    "zookeeper.version host.name java.version java.vendor java.home java.class.path java.library.path java.io.tmpdir " +
      "java.compiler os.name os.arch os.version user.name user.home user.dir os.memory.free os.memory.max os.memory.total",
  );
  expect(lines.get("zookeeper.version")).toBe("3.9.5-x, built on now");
  expect(lines.get("user.dir")).toBe(process.cwd());
  for (const which of ["free", "max", "total"]) expect(lines.get(`os.memory.${which}`)).toMatch(/^\d+MB$/);
});
