import { app } from "@azure/functions";
import { handleRoute } from "../shared/compose/app.ts";
import { methodsOf, routeNames, routes, unrouted } from "../shared/http/routes.ts";

// A function for each row of the route table, by its name. Who may call is decided by the endpoint, so that the host
// asks for no key.
for (const name of routeNames) {
  app.http(name, {
    methods: [...methodsOf(routes[name])],
    route: routes[name].path,
    authLevel: "anonymous",
    handler: handleRoute(routes[name].path, ({ endpoints }) => endpoints[name]),
  });
}

// Whatever else is asked: another method, or a path that is not there.
app.http(unrouted.name, {
  methods: [...unrouted.methods],
  route: unrouted.path,
  authLevel: "anonymous",
  handler: handleRoute(unrouted.path, (product) => product.unrouted),
});
