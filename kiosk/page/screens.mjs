// One question per screen. Each function gives `node`, and where something moves, `update` and `picture`.

import { h, say } from "/web/dom.mjs";
import { icon, ring, scene } from "/web/pictures.mjs";
import { button } from "./frame.mjs";
import { aside, badge, layout, lead, title, waiting } from "./parts.mjs";
import { offline, phone, practice, siteCode, staff } from "./practice.mjs";

const DOORS = ["social_security_card", "resident_id", "nhsa_qr", "face", "counter"];
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "X", "0"];

function attract(screen, t, touch) {
  const ways = DOORS.map((door) => {
    const name = door === "face" ? t("door.face.short") : t(`door.${door}`);
    return h("li", {}, icon(door), h("span", {}, name));
  });
  const start = button("start", "primary hero", null, t("attract.start"), () => touch("start"));
  return {
    node: layout(
      "attract",
      [scene("welcome"), title(t("attract.title"), "hero-title"), lead(t("attract.text"))],
      [
        start,
        h("div", { class: "ways" }, h("p", {}, t("attract.ways")), h("ul", {}, ways)),
        h("p", { class: "urgent" }, icon("urgent"), h("span", {}, t("attract.urgent"))),
        ...staff(screen, t, touch),
      ],
    ),
  };
}

function notice(screen, t, touch) {
  const { version, text } = screen.notice;
  const points = text.points.map((point) =>
    h("li", {}, h("h2", {}, point.title), h("p", {}, point.text)),
  );
  const chosen = { notice: version };
  const agree = screen.face_ready
    ? button("agree", "choice", "face", t("notice.agree"), () => touch("agree", chosen))
    : button("agree", "choice", "face", t("notice.agree"), () => {}, {
        "aria-disabled": true,
        note: t("notice.face_not_ready"),
      });
  const decline = button("decline", "choice", "resident_id", t("notice.decline"), () => touch("decline", chosen));
  return {
    node: layout(
      "notice",
      [
        title(t("notice.question")),
        h(
          "div",
          { class: "paper", tabIndex: 0, role: "region", "aria-label": text.title },
          h("p", { class: "paper-title" }, text.title, h("span", {}, t("notice.version", { version }))),
          h("ol", {}, points),
        ),
      ],
      [h("p", { class: "same" }, t("notice.same")), h("div", { class: "pair" }, agree, decline)],
    ),
  };
}

function doors(screen, t, touch) {
  const each = screen.doors.map(({ door, state }) => {
    const open = state === "open";
    const note = open ? t(`door.open.${door}`) : t(`door.${state}`);
    const go = () => open && touch("door", { door });
    return h("li", {}, button(`door-${door}`, "choice door", door, t(`door.${door}`), go, { note, "aria-disabled": !open }));
  });
  return {
    node: layout("doors", [title(t("doors.title")), lead(t("doors.text"))], [h("ul", { class: "doors" }, each)]),
  };
}

/** A line that says what is difficult, kindly; amber, announced. */
function troubleLine() {
  return h("p", { class: "trouble", role: "status" });
}

function showTrouble(line, trouble, t) {
  line.hidden = !trouble;
  say(line, trouble ? t(`trouble.${trouble}`) : "");
}

const SCENES = { resident_id: "reader", social_security_card: "slot", nhsa_qr: "scanner" };

function card(screen, t) {
  const line = troubleLine();
  const door = screen.door in SCENES ? screen.door : "resident_id";
  const waits = h("p", { class: "waits" }, t(`card.waiting.${door}`));
  const words = [title(t(`card.title.${door}`)), scene(SCENES[door]), lead(t(`card.text.${door}`))];
  return {
    node: layout("card", [...words, line, waits], []),
    update: ({ trouble }) => {
      showTrouble(line, trouble, t);
      waits.hidden = Boolean(trouble);
    },
  };
}

/** A code says nothing of an age, and under 14 no face is captured. */
function age(screen, t, touch) {
  const ways = [
    button("old_enough", "choice", "face", t("age.old_enough"), () => touch("old_enough")),
    button("younger", "choice", "resident_id", t("age.younger"), () => touch("skip_face")),
  ];
  return { node: layout("age", [title(t("age.title")), lead(t("age.text"))], [h("div", { class: "pair" }, ways)]) };
}

function digits(screen, t, touch) {
  const boxes = [0, 1, 2, 3].map(() => h("span", { class: "box" }));
  const typed = h("p", { class: "hidden-text", role: "status" });
  const keys = KEYS.map((key) =>
    button(`key-${key}`, "key", null, key, () => touch("key", { key })),
  );
  const erase = button("erase", "key", "erase", t("digits.erase"), () => touch("erase"), { class: "button key erase" });
  const confirm = button("confirm", "primary", null, t("digits.confirm"), () => touch("confirm"));
  return {
    node: layout(
      "digits",
      [title(t("digits.title")), lead(t("digits.text")), h("div", { class: "boxes", "aria-hidden": true }, boxes), typed],
      [h("div", { class: "keypad" }, keys, erase), confirm],
    ),
    update: ({ typed: text }) => {
      boxes.forEach((box, at) => {
        say(box, text[at] ?? "");
        box.classList.toggle("next", at === text.length);
      });
      say(typed, text ? t("digits.typed", { count: text.length }) : "");
      confirm.toggleAttribute("disabled", text.length !== 4);
      for (const key of keys) {
        const off = text.length >= 4 || (key.dataset.key === "key-X" && text.length !== 3);
        key.setAttribute("aria-disabled", String(off));
      }
    },
  };
}

function face(screen, t, touch) {
  const canvas = h("canvas", { class: "preview", width: 640, height: 480, role: "img", "aria-label": t("face.preview") });
  const circle = ring();
  const hint = h("p", { class: "hint", role: "status" });
  const skip = button("skip", "choice", "resident_id", t("face.skip"), () => touch("skip_face"));
  const words = [title(screen.again ? t("face.again") : t("face.title")), lead(t("face.text"))];
  if (screen.card_read) words.push(aside(t("face.take_card")));
  return {
    node: layout("face", [h("div", { class: "words-first" }, words), h("div", { class: "glass" }, canvas, circle), hint], [skip]),
    update: ({ hint: code, progress }) => {
      circle.progress(progress);
      hint.classList.toggle("good", !code);
      say(hint, code ? t(`hint.${code}`) : progress > 0 ? t("face.hold") : t("hint.no_face"));
    },
    picture: async (blob) => {
      const bitmap = await createImageBitmap(blob);
      const { width, height } = bitmap;
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
      bitmap.close();
    },
  };
}

function noFace(screen, t, touch) {
  const ways = [];
  if (screen.can_look_again) {
    ways.push(button("again", "choice", "look_again", t("no_face.again"), () => touch("look_again")));
  }
  ways.push(button("skip", "choice", "resident_id", t("no_face.card"), () => touch("skip_face")));
  const broken = screen.trouble === "camera";
  const words = [title(broken ? t("no_face.broken") : t("no_face.title")), lead(t("no_face.text"))];
  return {
    node: layout("no_face", [badge("info", "soft"), ...words], [h("div", { class: "pair" }, ways)]),
  };
}

/** The doors that stay open without a decision: counter, self-pay or treat first, emergencies first. */
function nextSteps(t) {
  const step = (name, key) =>
    h("li", {}, icon(name), h("div", {}, h("h2", {}, t(key)), h("p", {}, t(`${key}.text`))));
  const steps = [step("counter", "next.counter"), step("wallet", "next.self_pay"), step("urgent", "next.urgent")];
  return h("div", { class: "steps" }, h("p", { class: "no-gate" }, t("common.no_gate")), h("ul", { class: "next" }, steps));
}

function result(screen, t, touch) {
  const { tone, sentence, name, offers, checked, enrolment_offered: enrol } = screen.result;
  const done = button("done", "primary", null, t("result.done"), () => touch("end"));
  if (tone === "good") {
    const hello = name ? t("result.hello", { name }) : t("result.hello_nameless");
    const words = [badge("tick", "good"), title(hello, "hero-title"), lead(t(sentence))];
    if (checked) words.push(h("p", { class: "checked" }, t(`result.checked.${checked}`)));
    const asides = [screen.card_read && "checking.take_card", enrol && "result.enrol"].filter(Boolean);
    return { node: layout("result good", words, [...asides.map((key) => aside(t(key))), done]) };
  }
  const icons = { look_again: "look_again", card_instead: "resident_id" };
  const ways = offers.map((offer) =>
    button(offer, "choice", icons[offer], t(`next.${offer}`), () => touch(offer)),
  );
  const words = [badge("info", "soft"), title(t("result.title")), lead(t(sentence))];
  if (enrol) words.push(aside(t("result.enrol")));
  return { node: layout("result neutral", words, [nextSteps(t), h("div", { class: "pair" }, ways, done)]) };
}

function counter(screen, t, touch) {
  const words = [badge("counter", "soft"), title(t("counter.title"))];
  words.push(lead(screen.reason ? t(`counter.${screen.reason}`) : t("counter.text")));
  if (screen.reason && screen.visit_code) {
    words.push(h("p", { class: "code" }, `${t("counter.code")} `, h("strong", {}, screen.visit_code)));
  }
  const done = button("done", "primary", null, t("result.done"), () => touch("end"));
  return { node: layout("counter", words, [nextSteps(t), done]) };
}

/** By the step's name, as the agent says it. */
export const screens = {
  attract,
  opening: (screen, t) => waiting("opening", t),
  notice,
  doors,
  card,
  age,
  digits,
  face,
  no_face: noFace,
  checking: (screen, t) =>
    waiting("checking", t, screen.card_read ? [aside(t("checking.take_card"))] : []),
  result,
  counter,
  signing: (screen, t) => {
    const more = screen.card_read ? [aside(t("checking.take_card"))] : [];
    return waiting("signing", t, more, screen.act === "out" ? "signing.title.out" : "signing.title");
  },
  practice,
  offline,
  phone,
  site_code: siteCode,
};
