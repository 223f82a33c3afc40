// Puts the site together as cargo-leptos does, from [package.metadata.leptos] in Cargo.toml.
//
//   node scripts/site.mjs args dev|release    prints what cargo_args of scripts/lib.sh evaluates
//   node scripts/site.mjs build dev|release   site from the compiled WASM, style/ and public/
//   node scripts/site.mjs budget dev|release  whether the built WASM is within [package.metadata.wasm-budget]
//   node scripts/site.mjs list                files of the site with a hash of each
//
// Each step is skipped while its inputs and outputs are what they were after its last run.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { bytesThatRun, withoutBodies } from './wasm.mjs';

const WASM_TARGET = 'wasm32-unknown-unknown';
// cargo-leptos' own arguments, where Cargo.toml names none.
const WASM_OPT_ARGS = ['-Oz', '--enable-bulk-memory', '--enable-nontrapping-float-to-int'];
// What no page calls, though the compiler cannot know: it stands in the table of functions that each kind
// of view, attribute or route has. By name; docs/decisions/0023-the-browser-loads-no-more-than-is-said.md.
const NEVER_CALLED = new RegExp(
  [
    // Taking over a page whose code is loaded in parts, which this one's is not.
    '::into_any::hydrate_async',
    String.raw`::(hydrate_async|new_with_async_value_erased)(::\{\{closure\}\})+`,
    // Taking over what a `template!` made: there is none.
    '::into_any_attr::hydrate_from_template',
    // The list of routes is for the server.
    '::into_any_nested_route::generate_routes',
  ]
    .map((name) => `${name}::h[0-9a-f]{16}$`)
    .join('|'),
);
const WORTH_COMPRESSING = /\.(css|html|ico|js|json|map|mjs|svg|txt|wasm|webmanifest|xml)$/;
const COMPRESSED = /\.(br|gz)$/;

class Failure extends Error {}

// --- settings ---

function readConfig(release) {
  const metadata = JSON.parse(
    execFileSync('cargo', ['metadata', '--no-deps', '--format-version', '1'], { encoding: 'utf8' }),
  );
  const crate = metadata.packages.find((it) => it.metadata?.leptos);
  if (!crate) throw new Failure('Cargo.toml has no [package.metadata.leptos]');
  const leptos = crate.metadata.leptos;
  const lib = crate.targets.find((it) => it.kind.includes('cdylib'));
  if (!lib) throw new Failure('Cargo.toml has no library of crate type "cdylib"');

  const target = metadata.target_directory;
  const front = path.join(target, 'front');
  const profile = (side) => leptos[`${side}-profile-${release ? 'release' : 'dev'}`] ?? (release ? 'release' : 'dev');
  const outputName = leptos['output-name'] ?? crate.name;
  const siteRoot = leptos['site-root'] ?? path.join(target, 'site');
  return {
    release,
    leptos,
    budget: crate.metadata['wasm-budget'],
    target,
    front,
    outputName,
    siteRoot,
    packageName: crate.name,
    pkg: path.join(siteRoot, leptos['site-pkg-dir'] ?? 'pkg'),
    binName: leptos['bin-target'] ?? crate.default_run ?? crate.name,
    libProfile: profile('lib'),
    binProfile: profile('bin'),
    wasm: path.join(front, WASM_TARGET, profileFolder(profile('lib')), `${lib.name}.wasm`),
    work: path.join(target, 'site-work'),
  };
}

function profileFolder(profile) {
  return { dev: 'debug', test: 'debug', bench: 'release' }[profile] ?? profile;
}

function featureArgs({ leptos }, side) {
  const features = [...(leptos[`${side}-features`] ?? []), ...(leptos.features ?? [])];
  return [
    ...(leptos[`${side}-default-features`] ? [] : ['--no-default-features']),
    ...(features.length ? [`--features=${features.join(',')}`] : []),
  ];
}

/// What crates read at compile time is not here but in .cargo/config.toml, so that it holds for
/// plain cargo and editors too.
function printArgs(config) {
  const quote = (text) => `'${String(text).replaceAll("'", `'\\''`)}'`;
  const array = (items) => `(${items.map(quote).join(' ')})`;
  const variables = {
    FEATURE_ARGS: array(featureArgs(config, 'bin')),
    LIB_ARGS: array([
      `--package=${config.packageName}`,
      '--lib',
      `--target-dir=${config.front}`,
      `--target=${WASM_TARGET}`,
      ...featureArgs(config, 'lib'),
      `--profile=${config.libProfile}`,
    ]),
    BIN_ARGS: array([
      `--package=${config.packageName}`,
      `--bin=${config.binName}`,
      ...featureArgs(config, 'bin'),
      `--profile=${config.binProfile}`,
    ]),
    LIB_PROFILE: quote(config.libProfile),
    BIN_PROFILE: quote(config.binProfile),
    SERVER: quote(path.join(config.target, profileFolder(config.binProfile), config.binName)),
  };
  for (const [name, value] of Object.entries(variables)) console.log(`${name}=${value}`);
}

// --- files ---

const hash = (...parts) => parts.reduce((sum, part) => sum.update(part).update('\0'), createHash('sha256')).digest('hex');
const size = (file) => `${(fs.statSync(file).size / 1024).toFixed(0)} kB`;

function filesUnder(folder) {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function hashFiles(files) {
  return hash(...files.flatMap((file) => [file, fs.existsSync(file) ? fs.readFileSync(file) : 'missing']));
}

/// Writes only what differs, so that modification times tell the truth.
function writeIfChanged(file, content) {
  if (fs.existsSync(file) && fs.readFileSync(file).equals(content)) return;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
}

function removeEmptyFolders(root) {
  for (const entry of fs.readdirSync(root, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const folder = path.join(root, entry.name);
    removeEmptyFolders(folder);
    if (fs.readdirSync(folder).length === 0) fs.rmdirSync(folder);
  }
}

function run(command, args) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error) throw new Failure(`cannot run ${command} (${error.code}); run: scripts/setup.sh build`);
  if (status !== 0) throw new Failure(`${command} failed\n${stdout}${stderr}`);
  return stdout.trim();
}

/// Runs `work` unless `inputs` (a hash) and the files that it wrote then are still the same.
/// `work` returns the files that it wrote; files of an earlier run that it no longer writes go.
async function step(config, name, inputs, work) {
  const stamp = path.join(config.work, `${name}.json`);
  const before = fs.existsSync(stamp) ? JSON.parse(fs.readFileSync(stamp, 'utf8')) : { files: [] };
  if (before.inputs === inputs && before.outputs === hashFiles(before.files)) return;

  const start = performance.now();
  fs.rmSync(stamp, { force: true });
  const files = await work();
  for (const stale of before.files.filter((file) => !files.includes(file))) fs.rmSync(stale, { force: true });
  fs.writeFileSync(stamp, JSON.stringify({ inputs, files, outputs: hashFiles(files) }));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`Site: ${name}, ${seconds} s${files.length === 1 ? `, ${size(files[0])}` : ''}`);
}

// --- steps ---

async function buildScripts(config) {
  if (!fs.existsSync(config.wasm)) throw new Failure(`${config.wasm} is missing; run: scripts/build.sh`);
  const optArgs = config.leptos['wasm-opt-features'] ?? WASM_OPT_ARGS;
  const minify = config.release && (config.leptos['js-minify'] ?? true);
  const inputs = hash(
    fs.readFileSync(config.wasm),
    run('wasm-bindgen', ['--version']),
    JSON.stringify([config.release, config.outputName, config.pkg, optArgs, minify]),
    hashFiles(['package-lock.json', 'scripts/site.mjs', 'scripts/wasm.mjs']),
  );

  await step(config, 'scripts and WASM', inputs, async () => {
    const out = path.join(config.work, 'pkg');
    const wasm = path.join(out, `${config.outputName}.wasm`);
    fs.rmSync(out, { recursive: true, force: true });
    run('wasm-bindgen', ['--target=web', `--out-name=${config.outputName}`, `--out-dir=${out}`, config.wasm]);
    // Leptos' HydrationScripts names the WASM file in the page, without wasm-bindgen's "_bg".
    fs.renameSync(path.join(out, `${config.outputName}_bg.wasm`), wasm);
    dropNeverCalled(wasm);
    // Not in dev: it takes longer than all the rest and gains nothing on this machine.
    if (config.release) run('wasm-opt', [...optArgs, wasm, '-o', wasm]);
    if (minify) await minifyScript(path.join(out, `${config.outputName}.js`));
    return filesUnder(out).map((file) => {
      const dest = path.join(config.pkg, path.relative(out, file));
      writeIfChanged(dest, fs.readFileSync(file));
      return dest;
    });
  });
}

function dropNeverCalled(file) {
  const { module, count } = withoutBodies(fs.readFileSync(file), NEVER_CALLED);
  if (count === 0) throw new Failure('no function of the WASM has a name as in NEVER_CALLED (scripts/site.mjs)');
  fs.writeFileSync(file, module);
}

async function minifyScript(file) {
  const { minify } = await import('terser');
  const { code } = await minify(fs.readFileSync(file, 'utf8'), { module: true });
  fs.writeFileSync(file, code);
}

async function buildStyles(config) {
  const { leptos, release } = config;
  const query = leptos.browserquery;
  const dest = path.join(config.pkg, `${config.outputName}.css`);
  const inputs = hash(
    JSON.stringify([release, dest, query, leptos['tailwind-input-file'], leptos['style-file']]),
    hashFiles([...filesUnder('style'), ...filesUnder('src'), 'package-lock.json', 'scripts/site.mjs']),
  );

  await step(config, 'styles', inputs, async () => {
    const plain = leptos['style-file'] ? fs.readFileSync(leptos['style-file'], 'utf8') : '';
    const css = `${plain}\n${leptos['tailwind-input-file'] ? tailwind(config) : ''}`;
    const { transform, browserslistToTargets } = await import('lightningcss');
    const { code } = transform({
      filename: path.basename(dest),
      code: Buffer.from(css),
      minify: release,
      targets: browserslistToTargets(browsers(query)),
    });
    writeIfChanged(dest, Buffer.from(code));
    return [dest];
  });
}

function tailwind({ leptos, release, work }) {
  const out = path.join(work, 'tailwind.css');
  run('tailwindcss', ['--input', leptos['tailwind-input-file'], '--output', out, ...(release ? ['--minify'] : [])]);
  return fs.readFileSync(out, 'utf8');
}

/// The oldest browsers to write CSS for. Plain names and versions only: anything else depends on
/// a table of browsers, and cargo-leptos' table is not the one that we would have.
function browsers(query = '') {
  const list = query.split(',').map((it) => it.trim());
  if (!list.every((it) => /^[a-z_]+ [0-9.]+$/.test(it))) {
    throw new Failure('browserquery in [package.metadata.leptos] must be a list such as "chrome 111, safari 16.4"');
  }
  return list;
}

function copyAssets(config) {
  const assets = config.leptos['assets-dir'];
  const wanted = new Set();
  for (const file of assets ? filesUnder(assets) : []) {
    const dest = path.join(config.siteRoot, path.relative(assets, file));
    wanted.add(dest);
    writeIfChanged(dest, fs.readFileSync(file));
  }
  const inPkg = (file) => file.startsWith(config.pkg + path.sep);
  for (const file of filesUnder(config.siteRoot)) {
    if (!inPkg(file) && !wanted.has(file) && !COMPRESSED.test(file)) fs.rmSync(file);
  }
  removeEmptyFolders(config.siteRoot);
}

/// In release, puts a .br and a .gz beside each file that gets smaller by it. A compressed file
/// whose original changed or went must never be served, so in dev there are none at all.
async function precompress(config) {
  const isCompressed = (file) => COMPRESSED.test(file);
  const files = filesUnder(config.siteRoot);
  const originals = files.filter((file) => !isCompressed(file) && WORTH_COMPRESSING.test(file));
  const kept = new Set();
  if (config.release) {
    await step(config, 'compressed copies', hashFiles([...originals, 'scripts/site.mjs']), () =>
      originals.flatMap(compress),
    );
    const { files: written } = JSON.parse(fs.readFileSync(path.join(config.work, 'compressed copies.json'), 'utf8'));
    written.forEach((file) => kept.add(file));
  }
  for (const file of files.filter(isCompressed)) if (!kept.has(file)) fs.rmSync(file, { force: true });
}

function compress(file) {
  const content = fs.readFileSync(file);
  const brotli = zlib.brotliCompressSync(content, {
    params: {
      [zlib.constants.BROTLI_PARAM_QUALITY]: 11,
      [zlib.constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
  const gzip = zlib.gzipSync(content, { level: 9 });
  return [
    ['br', brotli],
    ['gz', gzip],
  ].flatMap(([extension, packed]) => {
    if (packed.length >= content.length) return [];
    fs.writeFileSync(`${file}.${extension}`, packed);
    return [`${file}.${extension}`];
  });
}

async function build(config) {
  fs.mkdirSync(config.pkg, { recursive: true });
  fs.mkdirSync(config.work, { recursive: true });
  copyAssets(config);
  await buildStyles(config);
  await buildScripts(config);
  await precompress(config);
}

/// Fails where the WASM is larger than Cargo.toml allows. In release that is what a browser loads; a
/// development build is not compressed, and is measured as it runs, without names.
function checkBudget(config) {
  const { release, budget, pkg, outputName } = config;
  const { goal } = budget ?? {};
  // Where cargo compiles step by step, as it does but in CI, the same code is 8 % larger.
  const slack = release || process.env.CARGO_INCREMENTAL === '0' ? 1 : 1.1;
  const limit = Math.floor(budget?.[release ? 'release' : 'dev'] * slack);
  if (!limit) throw new Failure('Cargo.toml has no [package.metadata.wasm-budget] with dev and release');
  const file = path.join(pkg, `${outputName}.wasm${release ? '.br' : ''}`);
  if (!fs.existsSync(file)) throw new Failure(`${file} is missing; run: scripts/build.sh ${release ? 'release' : 'dev'}`);
  const content = fs.readFileSync(file);
  const bytes = release ? content.length : bytesThatRun(content);
  const kilo = Math.ceil(bytes / 1000);
  const what = `The client is ${kilo} kB ${release ? `by brotli (the goal is ${goal})` : 'in this build'}`;
  if (kilo > limit) {
    throw new Failure(`${what}, and ${limit} are allowed: make it smaller, or raise [package.metadata.wasm-budget] in Cargo.toml and say why in the commit`);
  }
  console.log(`${what}, of ${limit} that are allowed${kilo < limit * 0.97 ? '; that can be lowered in Cargo.toml' : ''}.`);
}

function list(config) {
  for (const file of filesUnder(config.siteRoot)) {
    console.log(`${path.relative(config.siteRoot, file)} ${hash(fs.readFileSync(file)).slice(0, 16)}`);
  }
}

// --- start ---

const [command, mode = 'dev'] = process.argv.slice(2);
const commands = { args: printArgs, build, budget: checkBudget, list };
try {
  if (!commands[command]) throw new Failure('usage: node scripts/site.mjs args|build|budget|list [dev|release]');
  await commands[command](readConfig(mode === 'release'));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(`error: ${error.message}`);
  process.exit(1);
}
