import { HttpRequest } from "@azure/functions";
import { expect, it } from "vitest";
import { createEdge } from "../../../shared/http/edge.ts";
import { createOrigins } from "../../../shared/http/origins.ts";

const direct = createEdge({ frontDoorId: undefined, clientAddressHeader: "x-forwarded-for" });
const at = (url: string, origin?: string): HttpRequest =>
  new HttpRequest({ url, method: "POST", ...(origin === undefined ? {} : { headers: { origin } }) });

it("with a list, an answer leads to one of its origins only, whatever the request's Host", () => {
  const origins = createOrigins(["https://app.example.com", "https://other.example.com"], direct);
  expect(origins.of(at("https://other.example.com/x"))).toBe("https://other.example.com");
  for (const url of ["https://evil.example/x", "http://app.example.com/x", "http://127.0.0.1:7071/x"])
    expect(origins.of(at(url))).toBe("https://app.example.com");
});

it("with a list, only its origins may change something", () => {
  const origins = createOrigins(["https://app.example.com"], direct);
  expect(() => origins.check(at("https://app.example.com/x", "https://app.example.com"))).not.toThrow();
  for (const origin of [undefined, "null", "https://app.example.com.evil.example", "http://app.example.com"])
    expect(() => origins.check(at("https://app.example.com/x", origin))).toThrow();
  expect(() => origins.check(at("https://evil.example/x", "https://evil.example"))).toThrow();
});
