import { Float64Column } from './columns.js';

const firstBytes = 1 << 16;
const firstSlots = 1 << 12;
const emptySlot = -1;

/**
 * Distinct strings as small numbers, counted from 0 in the order of their arrival. All of them stand in one buffer: a
 * map of millions of strings would take several times the memory and keep the garbage collector busy.
 */
export class StringPool {
  private bytes: Buffer = Buffer.allocUnsafe(firstBytes);
  /** Where each string ends; the next one begins there. */
  private readonly ends = new Float64Column();
  /** Open addressing: the reference of the string whose hash leads there. */
  private slots = new Int32Array(firstSlots).fill(emptySlot);

  get size(): number {
    return this.ends.length;
  }

  /** The reference of `text`, which is added when it is new. */
  intern(text: string): number {
    const start = this.start(this.size);
    this.reserve(start + text.length * 3); // UTF-8 takes at most three bytes for a UTF-16 unit
    // Written behind the last string: there it is compared, and there it stays when it is new.
    const end = this.write(text, start);
    let slot = this.hash(start, end) & (this.slots.length - 1);
    for (;;) {
      const reference = this.slots[slot] ?? emptySlot;
      if (reference === emptySlot) break;
      if (this.isAt(reference, start, end)) return reference;
      slot = (slot + 1) & (this.slots.length - 1);
    }
    this.slots[slot] = this.size;
    this.ends.push(end);
    if (this.size * 2 > this.slots.length) this.growSlots();
    return this.size - 1;
  }

  text(reference: number): string {
    return this.bytes.toString('utf8', this.start(reference), this.ends.at(reference));
  }

  /** Orders two strings by their bytes, which for ASCII is the order of their characters. */
  compare(a: number, b: number): number {
    return this.bytes.compare(this.bytes, this.start(b), this.ends.at(b), this.start(a), this.ends.at(a));
  }

  /** Writes UTF-8 at `start` and gives its end. Ids are short and ASCII, where a call to the runtime would cost more. */
  private write(text: string, start: number): number {
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return start + this.bytes.write(text, start, 'utf8');
      this.bytes[start + index] = code;
    }
    return start + text.length;
  }

  /** Whether the string of a reference has the bytes that stand at `start` to `end`. */
  private isAt(reference: number, start: number, end: number): boolean {
    const from = this.start(reference);
    if (this.ends.at(reference) - from !== end - start) return false;
    for (let offset = 0; offset < end - start; offset += 1) {
      if (this.bytes[from + offset] !== this.bytes[start + offset]) return false;
    }
    return true;
  }

  private start(reference: number): number {
    return reference === 0 ? 0 : this.ends.at(reference - 1);
  }

  private reserve(length: number): void {
    if (length <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(length, Math.ceil(this.bytes.length * 1.5)));
    this.bytes.copy(grown);
    this.bytes = grown;
  }

  /** FNV-1a: short, and even enough for ids that count up. */
  private hash(start: number, end: number): number {
    let hash = 0x811c9dc5;
    for (let index = start; index < end; index += 1) {
      hash = Math.imul(hash ^ (this.bytes[index] ?? 0), 0x01000193);
    }
    return (hash ^ (hash >>> 15)) >>> 0;
  }

  private growSlots(): void {
    const slots = new Int32Array(this.slots.length * 2).fill(emptySlot);
    for (let reference = 0; reference < this.size; reference += 1) {
      let slot = this.hash(this.start(reference), this.ends.at(reference)) & (slots.length - 1);
      while (slots[slot] !== emptySlot) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = reference;
    }
    this.slots = slots;
  }
}
