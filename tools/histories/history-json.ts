import { createRequire } from 'node:module';

/** The part of protobufjs that turns messages into their JSON and back. */
interface ProtoJson {
  toJson: (type: unknown, message: object) => unknown;
  fromJson: (type: unknown, json: unknown, options: { ignoreUnknownFields: boolean }) => object | null;
}

interface ProtobufRoot {
  lookupType(name: string): { fromObject(from: object): object };
}

/*
 * The SDK has such functions of its own, but they ask whether a type is of "their" protobufjs, and where npm has laid
 * down several copies of that package it is not. So both are taken from where the types come from.
 */
const require = createRequire(import.meta.url);
const fromProto = createRequire(require.resolve('@temporalio/proto'));
const { toJson, fromJson } = fromProto('protobufjs/ext/protojson') as ProtoJson;
const { patchProtobufRoot } = require('@temporalio/proto/lib/patch-protobuf-root') as {
  patchProtobufRoot: (proto: unknown) => ProtobufRoot;
};
const historyType = patchProtobufRoot(require('@temporalio/proto')).lookupType('temporal.api.history.v1.History');

/** A workflow's history in the JSON that Temporal's tools write and read. */
export function historyToJson(history: object): unknown {
  return toJson(historyType, historyType.fromObject(history));
}

/** The history that such a JSON value holds. @throws an error for any other value */
export function historyFromJson(json: unknown): object {
  const history = fromJson(historyType, json, { ignoreUnknownFields: true });
  if (history === null) throw new TypeError('this is no history');
  return history;
}
