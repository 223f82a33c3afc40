// What the site's build does to compiled WASM beside wasm-bindgen and wasm-opt.

const IMPORTS = 2;
const CODE = 10;
const CUSTOM = 0;
const FUNCTION_NAMES = 1;
// A body of three bytes: no locals, the instruction `unreachable`, the end.
const TRAP = Buffer.from([3, 0x00, 0x00, 0x0b]);

/// The module without the bodies of the functions whose name matches `names`, and how many those are.
/// Calling one of them ends the page's WASM, so they must be functions that nothing ever calls.
/// wasm-opt then drops what only they used.
export function withoutBodies(module, names) {
  const { sections, named, imported } = read(module);
  let count = 0;
  const parts = [module.subarray(0, 8)];
  for (const { id, start, content, end } of sections) {
    if (id !== CODE) {
      parts.push(module.subarray(start, end));
      continue;
    }
    const at = new Reader(module, content);
    const total = at.number();
    const bodies = [number(total)];
    for (let index = imported; index < imported + total; index += 1) {
      const from = at.place;
      at.skip(at.number());
      const goes = names.test(named.get(index) ?? '');
      count += goes;
      bodies.push(goes ? TRAP : module.subarray(from, at.place));
    }
    const code = Buffer.concat(bodies);
    parts.push(Buffer.from([CODE]), number(code.length), code);
  }
  return { module: Buffer.concat(parts), count };
}

/// How many bytes of a module are more than names and notes.
export function bytesThatRun(module) {
  const { sections } = read(module);
  return sections.filter(({ id }) => id !== CUSTOM).reduce((sum, { start, end }) => sum + end - start, 0);
}

/// The module's sections, the names of its functions by their index, and how many it imports.
function read(module) {
  const sections = [];
  const named = new Map();
  let imported = 0;
  for (const at = new Reader(module, 8); at.place < module.length; ) {
    const start = at.place;
    const id = at.byte();
    const length = at.number();
    const content = at.place;
    at.skip(length);
    sections.push({ id, start, content, end: at.place });
    if (id === IMPORTS) imported = importedFunctions(new Reader(module, content));
    if (id === CUSTOM) readNames(new Reader(module, content), at.place, named);
  }
  return { sections, named, imported };
}

function importedFunctions(at) {
  let functions = 0;
  for (let left = at.number(); left > 0; left -= 1) {
    at.text();
    at.text();
    // wasm-bindgen's modules import functions alone.
    if (at.byte() !== 0) throw new Error('the WASM imports something that is no function');
    at.number();
    functions += 1;
  }
  return functions;
}

function readNames(at, end, named) {
  if (at.text() !== 'name') return;
  while (at.place < end) {
    const id = at.byte();
    const next = at.number() + at.place;
    if (id === FUNCTION_NAMES) {
      for (let left = at.number(); left > 0; left -= 1) named.set(at.number(), at.text());
    }
    at.place = next;
  }
}

class Reader {
  constructor(bytes, place) {
    Object.assign(this, { bytes, place });
  }
  byte() {
    return this.bytes[this.place++];
  }
  skip(length) {
    this.place += length;
  }
  /// An unsigned number in LEB128.
  number() {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }
  text() {
    const length = this.number();
    this.place += length;
    return this.bytes.toString('utf8', this.place - length, this.place);
  }
}

function number(value) {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 127) | 128);
  }
}
