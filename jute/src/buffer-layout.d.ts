/** The part of buffer-layout 1.2.2 that fixed.ts uses; the package ships no types. */
declare module "buffer-layout" {
  export class Layout<T> {
    constructor(span: number, property?: string);
    readonly span: number;
    readonly property: string | undefined;
    decode(bytes: Buffer, offset?: number): T;
    encode(value: T, bytes: Buffer, offset?: number): number;
  }
  export function s8(property?: string): Layout<number>;
  export function s32be(property?: string): Layout<number>;
  export function struct(fields: readonly Layout<unknown>[], property?: string): Layout<{ [field: string]: unknown }>;
}
