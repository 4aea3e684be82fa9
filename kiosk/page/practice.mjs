// 医护签到: the quiet door of the first screen, the answer part by part, and the site's code.

import { h, say } from "/web/dom.mjs";
import { dial, icon, squares } from "/web/pictures.mjs";
import { button } from "./frame.mjs";
import { badge, layout, lead, title } from "./parts.mjs";

const SIGNS = { good: "tick", other: "resident_id", open: "open", no: "no" };
const OFFERS = { look_again: "look_again", card_instead: "resident_id" };

/** Below the patients' doors, and quieter: only where this terminal takes check-ins. */
export function staff(screen, t, touch) {
  if (!screen.practice_offered) return [];
  const ways = ["check_in", "check_out", "site_code"].map((way) =>
    button(way, "quiet", way, t(`staff.${way}`), () => touch(way)),
  );
  return [h("div", { class: "staff", role: "group", "aria-label": t("staff.title") }, h("p", {}, t("staff.title")), ways)];
}

/** The answer: what follows, each part with a sign and words, and what is still asked. */
export function practice(screen, t, touch) {
  const said = screen.practice;
  const good = said.tone === "good";
  const words = [badge(good ? "tick" : said.asks ? "open" : "info", good ? "good" : "soft")];
  if (said.name) words.push(h("p", { class: "greeting" }, t("practice.hello", { name: said.name })));
  words.push(title(t(said.title)));
  if (said.until) words.push(h("p", { class: "until" }, t("practice.until", { until: said.until })));
  if (said.number) words.push(h("p", { class: "kept" }, t("practice.number"), h("strong", {}, said.number)));
  if (said.recheck_by) words.push(h("p", { class: "until" }, t("practice.recheck_by", { by: said.recheck_by })));
  if (said.elsewhere) words.push(h("p", { class: "until" }, t("practice.elsewhere", said.elsewhere)));
  const care = "practice.care_goes_on";
  words.push(...said.sentences.filter((key) => key !== care).map((key) => lead(t(key))));
  const calm = said.sentences.includes(care) ? [h("p", { class: "no-gate" }, t(care))] : [];
  const card = screen.card_read ? [h("p", { class: "take-card" }, t("checking.take_card"))] : [];
  const name = said.parts.length > 0 ? "practice" : "practice plain";
  return { node: layout(name, words, [parts(said, t), ...calm, ...card, ...ways(said, t, touch)]) };
}

function parts(said, t) {
  if (said.parts.length === 0) return null;
  const each = said.parts.map(({ part, sign, words }) =>
    h(
      "li",
      { class: `part part-${sign}` },
      h("span", { class: "sign" }, icon(SIGNS[sign])),
      h("div", {}, h("h2", {}, t(`practice.part.${part}`)), h("p", {}, t(`practice.${part}.${words}`))),
    ),
  );
  return h("ul", { class: "parts", "aria-label": t("practice.parts") }, each);
}

function ways(said, t, touch) {
  const done = button("done", "primary", null, t("result.done"), () => touch("end"));
  if (said.asks === "reason") {
    const each = said.reasons.map((reason) =>
      button(`reason-${reason}`, "choice", null, t(`practice.reason.${reason}`), () => touch("reason", { reason })),
    );
    return [h("div", { class: "reasons" }, each)];
  }
  if (said.asks === "move") {
    const yes = button("move_here", "choice", "check_in", t("practice.move.yes"), () => touch("move_here"));
    const no = button("stay", "choice", "back", t("practice.move.no"), () => touch("end"));
    return [h("div", { class: "pair" }, yes, no)];
  }
  const bind = said.bind ? [button("bind_phone", "choice", null, t("phone.bind"), () => touch("bind_phone"))] : [];
  const offers = said.offers.map((offer) => button(offer, "choice", OFFERS[offer], t(`next.${offer}`), () => touch(offer)));
  const each = [...offers, ...bind];
  return [each.length > 0 ? h("div", { class: "pair" }, each, done) : done];
}

/** The verifier is away: what is so, and what can be done here. */
export function offline(screen, t, touch) {
  const keep = button("offline", "primary", "check_in", t("offline.keep"), () => touch("offline"));
  const words = [badge("info", "soft"), title(t("offline.title")), lead(t("offline.text"))];
  const calm = h("p", { class: "no-gate" }, t("practice.care_goes_on"));
  return { node: layout("practice plain", words, [calm, keep]) };
}

/** 绑定手机: what the own phone scans, once; the site's code in it changes every 30 seconds. */
export function phone(screen, t, touch) {
  const picture = h("div", { class: "code-picture" });
  const letters = h("p", { class: "code-letters", role: "status" });
  const lasts = h("p", { class: "code-lasts" });
  const done = button("done", "primary", null, t("site_code.done"), () => touch("end"));
  let shown = null;
  return {
    node: layout("site-code", [title(t("phone.title")), lead(t("phone.text")), picture, letters, lasts], [done]),
    update: ({ phone: given, trouble }) => {
      picture.hidden = lasts.hidden = !given;
      letters.classList.toggle("none", !given);
      say(letters, given ? given.code : t(trouble ? "phone.none" : "site_code.wait"));
      if (!given || given.path === shown) return;
      shown = given.path;
      picture.replaceChildren(squares(given.size, given.path));
      say(lasts, t("phone.until", { until: given.until, site: given.site_code }));
    },
  };
}

/** The code that shows a phone to be here: as squares, in letters, and how long it lasts. */
export function siteCode(screen, t, touch) {
  const picture = h("div", { class: "code-picture" });
  const letters = h("p", { class: "code-letters", role: "status" });
  const round = dial();
  const lasts = h("p", { class: "code-lasts" }, round, h("span", {}, t("site_code.changes")));
  const done = button("done", "primary", null, t("site_code.done"), () => touch("end"));
  let shown = null;
  return {
    node: layout("site-code", [title(t("site_code.title")), lead(t("site_code.text")), picture, letters, lasts], [done]),
    update: ({ site_code: given, trouble }) => {
      if (given && given.code === shown) return;
      shown = given?.code ?? null;
      picture.replaceChildren(...(given ? [squares(given.size, given.path)] : []));
      say(letters, given ? `${given.code.slice(0, 4)} ${given.code.slice(4)}` : t(trouble ? "site_code.none" : "site_code.wait"));
      picture.hidden = lasts.hidden = !given;
      letters.classList.toggle("none", !given);
      if (given) round.run(given.left, given.lasts);
    },
  };
}
