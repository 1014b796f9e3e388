import { existsSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { activityClasses } from '../../apps/worker/worker.module.js';
import * as orchestration from '../../libs/orchestration/index.js';
import type { TaskQueue } from '../../libs/orchestration/index.js';
import { listProjectFiles, projectRoot, readProjectFile } from '../support/sources.js';

interface Process {
  type: string;
  taskQueue: TaskQueue;
}

interface Contract {
  stem: string;
  queue: TaskQueue;
  methods: string[];
}

const processes = Object.values(orchestration as Record<string, unknown>).filter(isProcess);
const contracts = listProjectFiles(['libs/orchestration'], /[.]ts$/).flatMap(readContracts);

function isProcess(value: unknown): value is Process {
  return typeof value === 'object' && value !== null && 'type' in value && 'taskQueue' in value;
}

/** `payoutBatch` as files spell it: `payout-batch`. */
function stemOf(type: string): string {
  return type.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readProjectFile(file), ts.ScriptTarget.ES2023, true);
}

/** The interfaces named `…Activities` of one file, whose process says which queue they are on. */
function readContracts(file: string): Contract[] {
  const stem = path.basename(file, '.ts');
  const queue = processes.find(({ type }) => stemOf(type) === stem)?.taskQueue;
  return parse(file)
    .statements.filter(ts.isInterfaceDeclaration)
    .filter(({ name }) => name.text.endsWith('Activities'))
    .map(({ members }) => {
      if (queue === undefined) throw new Error(`${file} has activities and no process`);
      return { stem, queue, methods: members.map((member) => member.name?.getText() ?? '') };
    });
}

/** What the worker registers of these classes: their methods as it finds them on instances. */
function registeredMethods(classes: readonly (new (...args: never[]) => object)[]): string[] {
  return classes.flatMap((type) => {
    const instance = Reflect.construct(type, []) as Record<string, unknown>;
    return Object.keys(instance).filter((name) => typeof instance[name] === 'function');
  });
}

describe('processes', () => {
  const stems = processes.map(({ type }) => stemOf(type)).sort();

  test('there are those that walk a partner from application to payment, and what they need beside it', () => {
    expect(stems).toEqual([
      'agreement-amendment',
      'agreement-calendar',
      'applicant-erasure',
      'commission-review',
      'commission-vesting',
      'negotiation',
      'partner-onboarding',
      'payout-batch',
      'payout-collection',
      'signature',
      'terms-simulation',
    ]);
  });

  test.each(stems)('%s has one stem in every layer', (stem) => {
    const files = [
      `libs/orchestration/${stem}.ts`,
      `workflows/${stem}/${stem}.workflow.ts`,
      `activities/${stem}.activities.ts`,
    ];
    expect(files.filter((file) => !existsSync(path.join(projectRoot, file)))).toEqual([]);
  });

  test('the bundle exports exactly the workflows that contracts name', () => {
    const exported = parse('workflows/index.ts')
      .statements.filter(ts.isExportDeclaration)
      .flatMap(({ exportClause }) => (exportClause && ts.isNamedExports(exportClause) ? exportClause.elements : []))
      .map(({ name }) => name.text);
    expect(exported.sort()).toEqual(processes.map(({ type }) => type).sort());
  });

  test('each contract has activities on its queue', () => {
    expect(contracts.map(({ stem }) => stem).sort()).toEqual(stems);
  });
});

describe('activities', () => {
  test.each(['contracting', 'money'] as const)('the queue %s serves exactly the methods of its contracts', (queue) => {
    const promised = contracts.filter((contract) => contract.queue === queue).flatMap(({ methods }) => methods);
    expect(promised.length).toBeGreaterThan(0);
    expect(registeredMethods(activityClasses[queue]).sort()).toEqual(promised.sort());
  });

  test('no two contracts of a queue share the name of a method', () => {
    const names = contracts.flatMap(({ queue, methods }) => methods.map((method) => `${queue}: ${method}`));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});
