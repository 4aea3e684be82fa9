// Own drawings. Icons stand on a 64×64 field; strokes take the text's colour, `.tint` the brand's tint.

const NAMESPACE = "http://www.w3.org/2000/svg";

const ICONS = {
  social_security_card: `
    <rect class="tint" x="6" y="14" width="52" height="36" rx="5"/>
    <rect x="13" y="25" width="12" height="10" rx="2"/><path d="M13 30h12M19 25v10"/>
    <path d="M33 25h18M33 32h18M13 43h20"/><circle cx="48" cy="42" r="3"/>`,
  resident_id: `
    <rect class="tint" x="6" y="14" width="52" height="36" rx="5"/>
    <path d="M13 24h18M13 31h14M13 43h26"/>
    <circle cx="45" cy="26" r="5"/><path d="M36 40c1-7 5-9 9-9s8 2 9 9z"/>`,
  nhsa_qr: `
    <rect class="tint" x="17" y="5" width="30" height="54" rx="6"/>
    <path d="M29 52h6"/>
    <rect x="23" y="15" width="7" height="7"/><rect x="34" y="15" width="7" height="7"/>
    <rect x="23" y="26" width="7" height="7"/><path d="M34 26h3v3M41 26v3M34 33h7M23 39h4M31 39h10"/>`,
  face: `
    <path d="M8 20v-7a5 5 0 0 1 5-5h7M44 8h7a5 5 0 0 1 5 5v7M56 44v7a5 5 0 0 1-5 5h-7M20 56h-7a5 5 0 0 1-5-5v-7"/>
    <ellipse class="tint" cx="32" cy="32" rx="14" ry="17"/>
    <path d="M26.500 28v1.500M37.500 28v1.500M32 29v6l-2 1M26 41c3.500 3 8.500 3 12 0"/>`,
  counter: `
    <path class="tint" d="M5 40h54v5H5zM10 45h44v13H10z"/>
    <circle cx="32" cy="17" r="8"/><path d="M17 40c0-8 6-13 15-13s15 5 15 13"/>`,
  tick: `<path class="thick" d="M15 33l12 12 22-25"/>`,
  info: `<path class="thick" d="M32 30v18M32 17v.5"/>`,
  wallet: `
    <rect class="tint" x="7" y="17" width="50" height="36" rx="6"/>
    <path d="M12 17l28-9 4 9M57 29H44a6 6 0 0 0 0 12h13M45 35h.5"/>`,
  urgent: `
    <path class="tint" d="M25 7h14v18h18v14H39v18H25V39H7V25h18z"/>`,
  look_again: `<path d="M54 32a22 22 0 1 1-7-16M55 7v12H43"/>`,
  wheelchair: `
    <circle cx="25" cy="9" r="4"/><path d="M25 17v18h16l6 14h6M25 25h14"/>
    <path d="M20 29a14 14 0 1 0 20 18"/>`,
  back: `<path d="M27 14L9 32l18 18M10 32h45"/>`,
  end: `<path d="M17 17l30 30M47 17L17 47"/>`,
  erase: `<path class="tint" d="M22 14h34v36H22L6 32z"/><path d="M31 24l16 16M47 24L31 40"/>`,
  hospital: `<path class="tint" d="M8 57V20l24-13 24 13v37z"/><path d="M32 22v16M24 30h16M25 57V46h14v11"/>`,
  slip: `<path class="tint" d="M14 6h36v50l-6-4-6 4-6-4-6 4-6-4-6 4z"/><path d="M22 18h20M22 28h20M22 38h11"/>`,
  check_in: `
    <circle class="tint" cx="24" cy="17" r="9"/><path class="tint" d="M8 54c0-13 6-20 16-20 4 0 7 1 10 3"/>
    <path d="M24 40v10M19 45h10M36 48l7 7 14-16"/>`,
  check_out: `
    <circle class="tint" cx="24" cy="17" r="9"/><path class="tint" d="M8 54c0-13 6-20 16-20 4 0 7 1 10 3"/>
    <path d="M24 40v10M19 45h10M38 47h20M50 39l8 8-8 8"/>`,
  site_code: `
    <rect class="tint" x="9" y="9" width="18" height="18" rx="3"/><rect class="tint" x="37" y="9" width="18" height="18" rx="3"/>
    <rect class="tint" x="9" y="37" width="18" height="18" rx="3"/><path d="M37 37h7v7M55 37v7M37 55h7M50 50h5v5"/>`,
  open: `<path class="thick" d="M23 23a9 9 0 1 1 13 8c-3 2-4 4-4 7M32 48v.5"/>`,
  no: `<path class="thick" d="M18 18l28 28M46 18L18 46"/>`,
  wrench: `<path d="M41 9a13 13 0 0 0-12 18L9 47a6 6 0 0 0 8 8l20-20A13 13 0 0 0 55 20l-8 8-8-3-3-8z"/>`,
};

const SCENES = {
  reader: [
    "50 8 380 330",
    `<g class="scene-reader">
      <rect class="device" x="70" y="190" width="340" height="130" rx="26"/>
      <rect class="pad" x="120" y="214" width="240" height="82" rx="16"/>
      <path class="wave" d="M222 276a26 26 0 0 1 36 0M210 262a44 44 0 0 1 60 0M198 248a62 62 0 0 1 84 0"/>
      <circle class="lamp" cx="386" cy="214" r="7"/>
    </g>
    <g class="scene-card">
      <rect class="card" x="140" y="52" width="200" height="126" rx="14"/>
      <path class="detail" d="M164 84h70M164 108h52M164 152h104"/>
      <circle class="detail" cx="296" cy="88" r="17"/>
      <path class="detail" d="M267 136c3-22 14-28 29-28s26 6 29 28z"/>
    </g>`,
  ],
  slot: [
    "50 8 380 330",
    `<g class="scene-reader">
      <rect class="device" x="70" y="176" width="340" height="144" rx="26"/>
      <rect class="pad" x="120" y="200" width="240" height="16" rx="8"/>
      <circle class="lamp" cx="386" cy="208" r="7"/>
      <path class="wave" d="M240 300v-44M220 274l20-20 20 20"/>
    </g>
    <g class="scene-card">
      <rect class="card" x="150" y="22" width="180" height="150" rx="14"/>
      <rect class="detail" x="218" y="112" width="44" height="36" rx="6"/>
      <path class="detail" d="M218 130h44M240 112v36M174 52h96M174 76h60"/>
    </g>`,
  ],
  scanner: [
    "50 8 380 330",
    `<g class="scene-reader">
      <rect class="device" x="70" y="212" width="340" height="108" rx="26"/>
      <rect class="pad" x="150" y="234" width="180" height="56" rx="12"/>
      <path class="wave" d="M176 262h128"/>
      <circle class="lamp" cx="386" cy="236" r="7"/>
    </g>
    <g class="scene-card">
      <rect class="card" x="180" y="22" width="120" height="176" rx="16"/>
      <path class="detail" d="M226 184h28"/>
      <rect class="detail" x="202" y="56" width="26" height="26"/><rect class="detail" x="252" y="56" width="26" height="26"/>
      <rect class="detail" x="202" y="106" width="26" height="26"/>
      <path class="detail" d="M252 106h10v10M278 106v26M252 132h10M202 150h26M246 152h32"/>
    </g>`,
  ],
  welcome: [
    "0 0 640 420",
    `<ellipse class="shade" cx="320" cy="392" rx="250" ry="18"/>
    <rect class="device" x="236" y="40" width="168" height="270" rx="24"/>
    <rect class="pad" x="254" y="60" width="132" height="194" rx="12"/>
    <path class="device" d="M298 310h44v58h-44z"/><rect class="device" x="250" y="362" width="140" height="24" rx="10"/>
    <ellipse class="soft" cx="320" cy="140" rx="36" ry="44"/>
    <path class="detail" d="M305 134v5M335 134v5M320 138v14l-5 3M306 168c8 7 20 7 28 0"/>
    <path class="detail" d="M270 92V80a6 6 0 0 1 6-6h12M352 74h12a6 6 0 0 1 6 6v12M370 218v12a6 6 0 0 1-6 6h-12M288 236h-12a6 6 0 0 1-6-6v-12"/>
    <rect class="device" x="282" y="274" width="76" height="14" rx="7"/>
    <path class="figure" d="M48 388c0-116 14-182 80-182s80 66 80 182z"/>
    <path class="skin" d="M112 172h32v34a16 14 0 0 1-32 0z"/>
    <circle class="skin" cx="128" cy="146" r="42"/>
    <path class="hair" d="M86 146c-8-46 20-62 42-62s50 16 42 62c-6-16-12-26-22-32-14 10-46 10-56 8-4 8-5 14-6 24z"/>
    <path class="arm" d="M176 262c22 22 44 6 66-28"/>
    <g class="greet"><rect class="card" x="470" y="150" width="120" height="78" rx="10"/>
    <path class="detail" d="M484 170h40M484 186h30M484 212h60"/><circle class="detail" cx="562" cy="176" r="11"/>
    <path class="detail" d="M545 206c2-12 8-16 17-16s15 4 17 16z"/></g>
    <g class="greet late"><rect class="card" x="486" y="262" width="88" height="88" rx="12"/>
    <path class="detail" d="M502 278h22v22h-22zM536 278h22v22h-22zM502 312h22v22h-22zM536 312h10v10M558 312v10M536 334h22"/></g>`,
  ],
};

function draw(viewBox, body, classes) {
  const text = `<svg xmlns="${NAMESPACE}" viewBox="${viewBox}">${body}</svg>`;
  const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  svg.setAttribute("class", classes);
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  return document.importNode(svg, true);
}

/** A drawn icon. Decoration: the words beside it say the same. */
export const icon = (name) => draw("0 0 64 64", ICONS[name], `icon icon-${name}`);

/** A larger drawing; its movement is the style sheet's. */
export const scene = (name) => draw(...SCENES[name], `scene scene-${name}`);

/** A QR code from the path of its dark modules; what it says stands beside it in letters. */
export const squares = (size, path) => draw(`0 0 ${size} ${size}`, `<path d="${path}"/>`, "squares");

/** A dial that runs down: `dial.run(left, lasts)`, seconds. It stops when it leaves the page. */
export function dial() {
  const round = `d="M32 6a26 26 0 1 1 -.01 0z" pathLength="100"`;
  const svg = draw("0 0 64 64", `<path class="ring-track" ${round}/><path class="ring-fill" ${round}/>`, "dial");
  const fill = svg.querySelector(".ring-fill");
  let timer = null;
  svg.run = (left, lasts) => {
    clearInterval(timer);
    const until = performance.now() + left * 1000;
    const turn = () => {
      const part = Math.max(0, (until - performance.now()) / 1000 / lasts);
      fill.setAttribute("stroke-dasharray", `${part * 100} 100`);
      if (part === 0 || !svg.isConnected) clearInterval(timer);
    };
    turn();
    timer = setInterval(turn, 250);
  };
  return svg;
}

/** The ring around the face: `ring.progress(0…1)` fills it. */
export function ring() {
  const oval = `d="M150 12a138 178 0 1 1 -.01 0z" pathLength="100"`;
  const body = `<path class="ring-track" ${oval}/><path class="ring-fill" ${oval}/>`;
  const svg = draw("0 0 300 380", body, "ring");
  const fill = svg.querySelector(".ring-fill");
  svg.progress = (value) => {
    fill.setAttribute("stroke-dasharray", `${value * 100} 100`);
    // A round cap would leave a dot where nothing is done yet.
    fill.setAttribute("stroke-opacity", value > 0 ? "1" : "0");
  };
  svg.progress(0);
  return svg;
}
