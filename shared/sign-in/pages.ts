import { type Html, html, type Page } from "../http/page.ts";
import type { Role } from "../identity/roles.ts";
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
    ({ orgName, member }) =>
      html`<li><button name="org_id" value="${member.org_id}">${orgName}</button> <small>${member.role}</small></li>`,
  );
  const body = html`<p>You are a member of several orgs. Which one do you want to work in?</p>
<form method="post" action="${AUTH}/choose"><ul>${choices}</ul></form>
<p><small>For another one later, sign in again.</small></p>`;
  return { status: 200, title: "Choose an org", body };
}

/** Takes the token out of the fragment, which browsers do not send, and out of the address, which others may see. */
const JOIN_SCRIPT = `const token = location.hash.slice(1);
if (token) { document.querySelector("input").value = token; history.replaceState(null, "", location.pathname); }`;

/** Where an invitation's link leads: \`…/join#<token>\`. */
export function joinPage(): Page {
  const body = html`<form method="post" action="${AUTH}/join">
<p><label>Your invitation<br><input name="invitation" autocomplete="off" spellcheck="false" required></label></p>
<p><button>Continue</button></p></form>`;
  return { status: 200, title: "Join an org", body, script: JOIN_SCRIPT };
}

/** What the invitation is for, before anyone signs in by it. */
export function invitationPage(orgName: string, role: Role, providers: readonly ProviderName[]): Page {
  const links = providers.map((provider) => loginLink(provider, undefined));
  const body = html`<p>You are invited to join <strong>${orgName}</strong> as ${role}.</p><ul>${links}</ul>`;
  return { status: 200, title: `Join ${orgName}`, body };
}

/** Its refresh cookie does not come along from the provider's site, so that only the page itself can ask who is signed in. */
const SIGNED_IN_SCRIPT = `const status = document.getElementById("status"), buttons = document.getElementById("buttons");
let token = "";
const post = (path) => fetch("${AUTH}/" + path, { method: "POST" });
async function show() {
  const response = await post("refresh");
  const body = await response.json();
  buttons.hidden = !response.ok;
  token = body.access_token;
  status.textContent = response.ok
    ? "You are signed in to " + body.org_id + " as " + body.role + "."
    : body.title + ". " + body.fix;
}
document.getElementById("refresh").onclick = show;
document.getElementById("show").onclick = () => { document.getElementById("token").textContent = token; };
document.getElementById("sign-out").onclick = async () => {
  const response = await post("logout");
  buttons.hidden = response.ok;
  document.getElementById("token").textContent = "";
  status.textContent = response.ok ? "You are signed out." : "Signing out failed. Try again.";
};
show();`;

/** Where a sign-in leads that was begun for no page of its own. */
export function signedInPage(): Page {
  const body = html`<p id="status">…</p>
<p id="buttons" hidden><button id="refresh">Refresh</button> <button id="show">Show an access token</button> <button id="sign-out">Sign out</button></p>
<pre id="token"></pre>
<noscript><p>You are signed in. Without scripts, this page can say no more.</p></noscript>
<p><a href="${AUTH}/login">Sign in again, or to another org</a></p>`;
  return { status: 200, title: "Signed in", body, script: SIGNED_IN_SCRIPT };
}
