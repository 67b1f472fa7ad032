import { type Html, html, type Page } from "../../http/page.ts";
import type { Role } from "../../identity/roles.ts";
import type { Membership } from "../members/person-index.ts";
import type { ProviderName } from "./identity-providers.ts";

const AUTH = "/api/v1/auth";

function loginLink(provider: ProviderName, returnTo: string | undefined): Html {
  const query = new URLSearchParams({ provider: provider.id, ...(returnTo && { return_to: returnTo }) });
  return html`<li><a class="choice" href="${AUTH}/login?${query.toString()}">Sign in with ${provider.name}</a></li>`;
}

/** Which identity provider to sign in with. */
export function providersPage(providers: readonly ProviderName[], returnTo: string | undefined): Page {
  const links = providers.map((provider) => loginLink(provider, returnTo));
  return { status: 200, title: "Sign in", body: html`<ul>${links}</ul>` };
}

/** Which org to enter: for a person who is a member of several. */
export function choicePage(memberships: readonly Membership[]): Page {
  const choices = memberships.map(
    ({ orgName, member: { org_id, role } }) =>
      html`<li><button name="org_id" value="${org_id}" aria-describedby="role-${org_id}">${orgName}</button> <small id="role-${org_id}">${role}</small></li>`,
  );
  const body = html`<p>You are a member of several orgs. Which one do you want to work in?</p>
<form method="post" action="${AUTH}/choose"><ul>${choices}</ul></form>
<p><small>For another one later, sign in again.</small></p>`;
  return { status: 200, title: "Choose an org", body };
}

/** Takes the token out of the fragment, which browsers do not send, and out of the address, which others may see. */
const JOIN_SCRIPT = `function take() {
  const token = location.hash.slice(1);
  if (!token) return;
  document.querySelector("input").value = token;
  history.replaceState(null, "", location.pathname);
}
take();
// Another link, opened while the page is there.
addEventListener("hashchange", take);`;

/** Where an invitation's link leads: \`…/join#<token>\`. */
export function joinPage(): Page {
  const body = html`<form method="post" action="${AUTH}/join">
<p><label for="invitation">Your invitation</label><br>
<input id="invitation" name="invitation" autocomplete="off" autocapitalize="none" spellcheck="false" required aria-describedby="hint"></p>
<p id="hint"><small>Paste the whole link that an admin of the org gave you. You join when you have signed in.</small></p>
<p><button>Continue</button></p></form>`;
  return { status: 200, title: "Join an org", body, script: JOIN_SCRIPT };
}

/** What the invitation is for, before anyone signs in by it. */
export function invitationPage(orgName: string, role: Role, providers: readonly ProviderName[]): Page {
  const links = providers.map((provider) => loginLink(provider, undefined));
  const body = html`<p>You are invited to join <strong>${orgName}</strong> as ${role}.</p>
<p>Sign in to accept. The invitation works once, for the account that you sign in with.</p><ul>${links}</ul>`;
  return { status: 200, title: `Join ${orgName}`, body };
}

/**
 * Its refresh cookie does not come along from the provider's site, so that only the page itself can ask who is signed
 * in.
 */
const SIGNED_IN_SCRIPT = `const find = (id) => document.getElementById(id);
const [status, buttons, shown] = ["status", "buttons", "token"].map(find);
let token = "";
async function call(path, show) {
  const response = await fetch("${AUTH}/" + path, { method: "POST" }).catch(() => undefined);
  const body = response && response.status !== 204 ? await response.json().catch(() => undefined) : {};
  if (!response || !body) status.textContent = "No answer. Reload the page to try again.";
  else show(response.ok, body);
}
const refresh = () => call("refresh", (ok, body) => {
  buttons.hidden = !ok;
  token = ok ? body.access_token : "";
  if (shown.textContent) shown.textContent = token;
  status.textContent = ok
    ? "You are signed in to " + body.org_id + " as " + body.role + "."
    : body.title + ". " + body.fix;
});
find("refresh").onclick = refresh;
find("show").onclick = () => { shown.textContent = token; getSelection().selectAllChildren(shown); };
find("sign-out").onclick = () => call("logout", (ok) => {
  if (!ok) return void (status.textContent = "Signing out failed. Try again.");
  buttons.hidden = true;
  shown.textContent = token = "";
  status.textContent = "You are signed out.";
  // Its button is gone.
  status.focus();
});
status.textContent = "Looking who is signed in …";
refresh();`;

/** Where a sign-in leads that did not begin at a page of its own. */
export function signedInPage(): Page {
  const body = html`<p id="status" role="status" tabindex="-1"></p>
<p id="buttons" class="row" hidden><button id="refresh">Refresh</button> <button id="show">Show an access token</button> <button id="sign-out">Sign out</button></p>
<pre id="token"></pre>
<noscript><p>This page needs JavaScript to show who is signed in, and to sign out. If you have just signed in, you are.</p></noscript>
<p><a href="${AUTH}/login">Sign in again, or to another org</a></p>`;
  return { status: 200, title: "Your session", body, script: SIGNED_IN_SCRIPT };
}
