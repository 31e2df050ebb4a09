"use strict";
// The page: one tab per modality. An input goes to the server as bytes, and the answer is drawn.

const SAMPLE_RATE = 16000;
const LONGEST_SECONDS = 10;
const LOUDEST = 0.99;
const UNTIL_NEXT_LOOK = 2000; // milliseconds, while models are being trained

const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};
const drawn = (tag, attributes, text = "") => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
};
const percent = (fraction) => {
  const shown = (100 * fraction).toFixed(2);
  return shown === "100.00" && fraction < 1 ? "over 99.99 %" : `${shown} %`;
};

class Panel {
  constructor(name, tab) {
    this.name = name;
    this.tab = tab;
    this.number = 0;
    this.latest = 0;
    this.element = document.getElementById("panel").content.firstElementChild.cloneNode(true);
    this.element.id = `panel-${name}`;
    this.element.setAttribute("aria-labelledby", `tab-${name}`);
    this.find(".invitation").textContent = `${tab.invitation} The model was trained on: ${tab.task}.`;
    this.from = make("p", { class: "from", role: "status" });
    this.input = { drawing: drawingInput, text: textInput, sound: soundInput }[tab.kind](this);
    const odd = make("button", { type: "button", class: "odd" }, "Show something out-of-distribution");
    odd.addEventListener("click", () => this.outlier());
    this.find(".input").append(...this.input.elements, make("div", { class: "buttons" }, ...this.input.buttons, odd), this.from);
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  async outlier() {
    const response = await fetch(`outlier/${this.name}?number=${this.number++}`);
    const body = await response.arrayBuffer();
    this.input.show(body);
    this.from.textContent = `From the OOD set ${response.headers.get("X-Set")}.`;
    await this.judge(body);
  }

  async judge(body) {
    const request = ++this.latest;
    const response = await fetch(`judge/${this.name}`, {
      method: "POST", body, headers: { "Content-Type": "application/octet-stream" },
    });
    const answer = response.status === 200 || response.status === 422 ? await response.json() : { error: await response.text() };
    if (request === this.latest) this.tell(answer);
  }

  tell(answer) {
    this.find(".message").textContent = answer.error ?? "";
    this.find(".verdict").hidden = "error" in answer;
    if ("error" in answer) return;
    this.find(".msp").textContent = percent(answer.msp);
    this.find(".said").textContent = answer.said;
    this.find(".bars tbody").replaceChildren(...answer.classes.map(bar));
    this.find(".detectors tbody").replaceChildren(...answer.verdicts.map(verdict));
    histogram(this.find(".histogram"), this.tab.histograms, answer);
  }
}

const bar = ({ name, probability }) => make("tr", {},
  make("th", { scope: "row" }, name),
  make("td", {}, make("meter", { min: 0, max: 1, value: probability, "aria-label": name })),
  make("td", {}, percent(probability)));

const verdict = ({ detector, title, known, above }) => make("tr", { "data-detector": detector },
  make("th", { scope: "row" }, title),
  make("td", { class: known ? "known" : "unknown" }, known ? "in-distribution" : "out-of-distribution"),
  make("td", {}, percent(above)));

const NAMES = { right: "right", wrong: "wrong", ood: "OOD" };

function histogram(svg, data, answer) {
  const [left, width, bottom, height] = [8, 464, 150, 125];
  const edges = data.edges;
  const x = (value) => left + (width * Math.min(Math.max(value - edges[0], 0) / (edges.at(-1) - edges[0]), 1));
  const shown = Object.keys(NAMES).filter((name) => data[name]);
  const top = Math.max(...shown.flatMap((name) => data[name]));
  const parts = shown.map((name) => drawn("path", { class: `line-${name}`, d: outline(data[name], edges, x, (value) => bottom - (height * value) / top) }));
  parts.push(...shown.map((name, i) => drawn("text", { class: `line-${name}`, x: left + 70 * i, y: 184 }, NAMES[name])));
  parts.push(drawn("line", { class: "axis", x1: left, x2: left + width, y1: bottom, y2: bottom }));
  let free = left; // labels leave room for each other
  for (const probability of [0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.999999, 0.999999999]) {
    const logOdds = Math.log(probability / (1 - probability));
    if (logOdds < edges[0] || logOdds > edges.at(-1) || x(logOdds) - 20 < free) continue;
    parts.push(drawn("text", { x: x(logOdds), y: bottom + 15, "text-anchor": "middle" }, String(probability)));
    free = x(logOdds) + 30;
  }
  const here = x(answer.log_odds);
  const side = here > left + width / 2 ? "end" : "start";
  parts.push(drawn("line", { class: "here", x1: here, x2: here, y1: 14, y2: bottom }));
  parts.push(drawn("text", { class: "here-label", x: here, y: 11, "text-anchor": side }, "this input"));
  svg.setAttribute("aria-label", `Histograms of ${shown.map((name) => NAMES[name]).join(", ")} examples; this input's log-odds are ${answer.log_odds.toFixed(1)}`);
  svg.replaceChildren(...parts);
}

function outline(fractions, edges, x, y) {
  const steps = fractions.map((value, i) => `L${x(edges[i])},${y(value)}L${x(edges[i + 1])},${y(value)}`);
  return `M${x(edges[0])},${y(0)}${steps.join("")}L${x(edges.at(-1))},${y(0)}Z`;
}

function drawingInput(panel) {
  const canvas = make("canvas", { width: 280, height: 280, role: "img", "aria-label": "Drawing area, white on black" });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  Object.assign(pen, { lineWidth: 20, lineCap: "round", lineJoin: "round", strokeStyle: "#fff", fillStyle: "#000" });
  const clear = () => {
    pen.fillRect(0, 0, 280, 280);
    panel.from.textContent = "";
    panel.tell({ error: "nothing is drawn yet" });
  };
  const send = () => {
    const pixels = pen.getImageData(0, 0, 280, 280).data;
    return panel.judge(Uint8Array.from({ length: 280 * 280 }, (_, i) => pixels[4 * i]));
  };
  let drawing = false;
  let foreign = false; // an image of an OOD set is shown: the next stroke starts anew
  const at = (event) => [event.offsetX * (280 / canvas.clientWidth), event.offsetY * (280 / canvas.clientHeight)];
  canvas.addEventListener("pointerdown", (event) => {
    if (foreign) clear();
    [drawing, foreign] = [true, false];
    canvas.setPointerCapture(event.pointerId);
    pen.beginPath();
    pen.moveTo(...at(event));
    pen.lineTo(...at(event));
    pen.stroke();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    pen.lineTo(...at(event));
    pen.stroke();
  });
  canvas.addEventListener("pointerup", () => { drawing = false; send(); });
  const again = make("button", { type: "button" }, "Clear");
  again.addEventListener("click", clear);
  queueMicrotask(clear);
  return { elements: [canvas], buttons: [again], show(body) { foreign = true; paint(pen, new Uint8Array(body)); } };
}

function paint(pen, grey) {
  const image = new ImageData(28, 28);
  grey.forEach((value, i) => image.data.set([value, value, value, 255], 4 * i));
  const small = new OffscreenCanvas(28, 28);
  small.getContext("2d").putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, 0, 0, 280, 280);
}

function textInput(panel) {
  const area = make("textarea", { id: `text-${panel.name}`, maxlength: 5000, spellcheck: "false" });
  const send = () => panel.judge(new TextEncoder().encode(area.value));
  let waiting;
  area.addEventListener("input", () => {
    panel.from.textContent = "";
    clearTimeout(waiting);
    waiting = setTimeout(send, 200);
  });
  return {
    elements: [make("label", { for: area.id }, "Text"), area], buttons: [],
    show(body) { area.value = new TextDecoder().decode(body); },
  };
}

function soundInput(panel) {
  const record = make("button", { type: "button", class: "record" }, "Record");
  const file = make("input", { type: "file", accept: "audio/*", id: `sound-${panel.name}` });
  const play = make("button", { type: "button", disabled: "" }, "Play");
  let samples = new Float32Array();
  const keep = (values) => { samples = values; play.disabled = !values.length; };
  const send = (values) => {
    keep(within(values));
    panel.from.textContent = `${(samples.length / SAMPLE_RATE).toFixed(1)} s of sound.`;
    return panel.judge(samples.buffer);
  };
  const failed = (error) => panel.tell({ error: String(error.message ?? error) });
  let stop;
  record.addEventListener("click", async () => {
    if (stop) return stop();
    try { stop = await recording((values) => { stop = undefined; record.textContent = "Record"; send(values); }); } catch (error) { return failed(error); }
    record.textContent = "Stop";
  });
  file.addEventListener("change", async () => {
    if (file.files.length) await decoded(await file.files[0].arrayBuffer()).then(send, failed);
  });
  play.addEventListener("click", () => playback(samples));
  return {
    elements: [make("label", { for: file.id }, "A sound file"), file], buttons: [record, play],
    show(body) { keep(new Float32Array(body.slice(0))); },
  };
}

/** At most ten seconds, scaled down where a sample goes beyond 1. */
function within(values) {
  const kept = values.slice(0, LONGEST_SECONDS * SAMPLE_RATE);
  const largest = kept.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest > 1 ? kept.map((value) => (value * LOUDEST) / largest) : kept;
}

async function decoded(bytes) {
  const sound = await new OfflineAudioContext(1, 1, SAMPLE_RATE).decodeAudioData(bytes);
  return sound.getChannelData(0);
}

/** Record from the microphone; returns the function that ends it, which hands over the samples. */
async function recording(done) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const context = new AudioContext({ sampleRate: SAMPLE_RATE });
  await context.audioWorklet.addModule("recorder.js");
  const recorder = new AudioWorkletNode(context, "recorder");
  const blocks = [];
  const stop = () => {
    clearTimeout(limit);
    recorder.port.onmessage = null;
    stream.getTracks().forEach((track) => track.stop());
    context.close();
    const all = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
    blocks.reduce((at, block) => { all.set(block, at); return at + block.length; }, 0);
    done(all);
  };
  recorder.port.onmessage = (event) => blocks.push(event.data);
  context.createMediaStreamSource(stream).connect(recorder);
  const limit = setTimeout(stop, 1000 * LONGEST_SECONDS);
  return stop;
}

function playback(samples) {
  const context = new AudioContext({ sampleRate: SAMPLE_RATE });
  const buffer = context.createBuffer(1, samples.length, SAMPLE_RATE);
  buffer.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  source.onended = () => context.close();
  source.connect(context.destination);
  source.start();
}

function select(panels, chosen) {
  for (const panel of panels) {
    const tab = document.getElementById(`tab-${panel.name}`);
    tab.setAttribute("aria-selected", String(panel === chosen));
    tab.tabIndex = panel === chosen ? 0 : -1;
    panel.element.hidden = panel !== chosen;
  }
}

function add(panels, name, tab) {
  const panel = new Panel(name, tab);
  panels.push(panel);
  const button = make("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}` }, tab.title);
  button.addEventListener("click", () => select(panels, panel));
  button.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = panels.at((panels.indexOf(panel) + step) % panels.length);
    select(panels, next);
    document.getElementById(`tab-${next.name}`).focus();
  });
  document.getElementById("tabs").append(button);
  document.getElementById("panels").append(panel.element);
  select(panels, panels.find((one) => !one.element.hidden) ?? panel);
}

async function start() {
  const panels = [];
  for (;;) {
    const { tabs, coming } = await (await fetch("tabs")).json();
    for (const [name, tab] of Object.entries(tabs)) {
      if (!panels.some((panel) => panel.name === name)) add(panels, name, tab);
    }
    document.getElementById("coming").textContent = coming.length ? `Being trained: ${coming.join(", ")}.` : "";
    if (!coming.length) return;
    await new Promise((done) => setTimeout(done, UNTIL_NEXT_LOOK));
  }
}

start();
