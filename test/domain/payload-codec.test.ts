import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { Keyring } from '../../libs/kernel/keyring.js';
import { EncryptingCodec, encryptingDataConverter } from '../../libs/temporal/index.js';

const key = (id: string, byte: number): string => `${id}:${Buffer.alloc(32, byte).toString('base64')}`;
const codec = (...keys: string[]): EncryptingCodec => new EncryptingCodec(Keyring.parse(keys.join(',')));
const payload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const valueOf = (from: Payload | undefined): unknown => defaultPayloadConverter.fromPayload(from!);
const readable = ({ metadata, data }: Payload): string =>
  [...Object.values(metadata ?? {}), data ?? new Uint8Array()]
    .map((part) => Buffer.from(part).toString('latin1'))
    .join('|');

describe('payload codec', () => {
  test('each payload leaves encrypted and comes back as it was', async () => {
    const values = [{ applicationId: 'app_1', reason: 'a private reason' }, 'text', 5, null, [1, 2]];
    const sealed = await codec(key('a', 1)).encode(values.map(payload));
    for (const each of sealed) expect(readable(each)).not.toMatch(/app_1|private|json/);
    const opened = await codec(key('a', 1)).decode(sealed);
    expect(opened.map(valueOf)).toEqual(values);
  });

  test('the id of the key travels along, the key does not', async () => {
    const [sealed] = await codec(key('a', 1)).encode([payload('x')]);
    expect(Buffer.from(sealed!.metadata!['key-id']!).toString()).toBe('a');
    expect(Buffer.from(sealed!.metadata!['encoding']!).toString()).toBe('binary/pactline-encrypted');
  });

  test('histories outlive a rotation: a new key in front writes, the old one reads', async () => {
    const before = await codec(key('a', 1)).encode([payload('before')]);
    const rotated = codec(key('b', 2), key('a', 1));
    const after = await rotated.encode([payload('after')]);
    expect((await rotated.decode([...before, ...after])).map(valueOf)).toEqual(['before', 'after']);
  });

  test('an unknown key is named and nothing is guessed', async () => {
    const sealed = await codec(key('gone', 1)).encode([payload('x')]);
    await expect(async () => codec(key('b', 2)).decode(sealed)).rejects.toThrow('no key with id gone');
    await expect(async () => codec(key('gone', 2)).decode(sealed)).rejects.toThrow();
  });

  test('changed bytes are refused', async () => {
    const [sealed] = await codec(key('a', 1)).encode([payload('x')]);
    const data = Buffer.from(sealed!.data!);
    data[data.length - 1] = data.at(-1)! ^ 1;
    await expect(async () => codec(key('a', 1)).decode([{ ...sealed, data }])).rejects.toThrow();
  });

  test("a payload in clear, as an operator's tool sends it, is let through", async () => {
    const [opened] = await codec(key('a', 1)).decode([payload({ clear: true })]);
    expect(valueOf(opened)).toEqual({ clear: true });
    expect(await codec(key('a', 1)).decode([])).toEqual([]);
  });

  test('clients and workers encrypt, and convert failures by the file that exists', async () => {
    const { payloadCodecs, failureConverterPath } = encryptingDataConverter(Keyring.parse(key('a', 1)));
    expect(payloadCodecs).toHaveLength(1);
    const { failureConverter } = (await import(failureConverterPath!)) as {
      failureConverter: { options: { encodeCommonAttributes: boolean } };
    };
    expect(failureConverter.options.encodeCommonAttributes).toBe(true);
  });
});
