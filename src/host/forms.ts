/** Shorter texts are everywhere; hiding them would hide the log. */
export const SHORTEST_SECRET = 6;

/** `base64` breaks its lines after 76 characters, PEM after 64. */
const WRAPPED_AT = [76, 64];

/** All texts by which a secret gives itself away: itself, line by line, and each of these in the usual encodings. */
export function formsOf(secret: string): Set<string> {
  const forms = new Set<string>();
  for (const part of [secret, secret.trim(), ...secret.split(/\r\n|\n|\r/).map((line) => line.trim())]) {
    if (part.length < SHORTEST_SECRET || part.trim() === '') continue;
    for (const form of [part, ...inBase64(part), ...inUrl(part), inJson(part)]) {
      if (form.length >= SHORTEST_SECRET) forms.add(form);
    }
  }
  return forms;
}

/** Whole, wrapped, and as it looks inside a longer encoded text, where it starts at one of three offsets. */
function inBase64(text: string): string[] {
  const bytes = Buffer.from(text);
  const whole = bytes.toString('base64');
  const wrapped = WRAPPED_AT.flatMap((width) => whole.match(new RegExp(`.{1,${width}}`, 'g')) ?? []);
  const inside = [0, 1, 2].map((offset) => middleOfBase64(bytes, offset));
  return [whole, ...wrapped, ...inside].flatMap((form) => {
    const bare = form.replace(/=+$/, '');
    return [form, bare, bare.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** Only the characters that depend on no neighbour: each stands for six bits, all of them ours. */
function middleOfBase64(bytes: Buffer, offset: number): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
}

/** As `encodeURIComponent`, a form, `encodeURI` and RFC 3986 to the letter write it; hexadecimal in both cases. */
function inUrl(text: string): string[] {
  const valid = Buffer.from(text).toString();
  const plain = encodeURIComponent(valid);
  const strict = plain.replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const form = new URLSearchParams([['', valid]]).toString().slice(1);
  return [plain, strict, plain.replaceAll('%20', '+'), form, encodeURI(valid)].flatMap((encoded) => [
    encoded,
    encoded.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()),
  ]);
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
