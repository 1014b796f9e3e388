type Numbers = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** A list of numbers in one typed array: millions of them cost their bytes and nothing for the garbage collector. */
abstract class Column<Values extends Numbers> {
  length = 0;

  protected constructor(private values: Values) {}

  protected abstract allocate(capacity: number): Values;

  push(value: number): void {
    if (this.length === this.values.length) {
      const grown = this.allocate(Math.ceil(this.length * 1.5));
      grown.set(this.values);
      this.values = grown;
    }
    this.values[this.length] = value;
    this.length += 1;
  }

  /** Throws RangeError beyond the end. */
  at(index: number): number {
    const value = index < this.length ? this.values[index] : undefined;
    if (value === undefined) throw new RangeError(`no element ${index}`);
    return value;
  }

  set(index: number, value: number): void {
    this.at(index);
    this.values[index] = value;
  }
}

const firstCapacity = 1024;

/** Doubles: instants in milliseconds and amounts, which are safe integers. */
export class Float64Column extends Column<Float64Array<ArrayBuffer>> {
  constructor() {
    super(new Float64Array(firstCapacity));
  }

  protected override allocate(capacity: number): Float64Array<ArrayBuffer> {
    return new Float64Array(capacity);
  }
}

/** 32-bit integers: references and line numbers. */
export class Int32Column extends Column<Int32Array<ArrayBuffer>> {
  constructor() {
    super(new Int32Array(firstCapacity));
  }

  protected override allocate(capacity: number): Int32Array<ArrayBuffer> {
    return new Int32Array(capacity);
  }
}
