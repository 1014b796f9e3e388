import { Controller, Get, Module, Post, type Type } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, Public, Roles, ZodBody } from '../../apps/api/edge/index.js';
import { MemoryLog, startTestApi } from '../support/api.js';

@Controller('v1/silent')
class SilentController {
  @Get()
  read(): string {
    return 'for whom?';
  }
}

@Controller('v1/empty')
class EmptyController {
  @Get()
  @Roles()
  read(): string {
    return 'for nobody';
  }
}

@Controller('v1/writing')
class WritingAuditorController {
  @Post()
  @Endpoint({ summary: 'x', roles: ['admin', 'auditor'] })
  write(): void {
    // Never called: the start fails.
  }
}

@Controller('v1/hidden')
class HiddenFromAuditorController {
  @Get()
  @Endpoint({ summary: 'x', roles: ['finance'] })
  read(): void {
    // Never called: the start fails.
  }
}

const loose = z.object({
  text: z.string(),
  list: z.array(z.string().max(3)),
  deep: z.strictObject({ many: z.array(z.int()).max(1_001) }),
});

@Controller('v1/loose')
class LooseController {
  @Post()
  @Endpoint({ summary: 'x', roles: 'public' })
  write(@ZodBody(loose) body: z.infer<typeof loose>): number {
    return body.list.length;
  }
}

@Controller('v1/bare')
class BareController {
  @Post()
  @Roles('admin')
  write(): void {
    // Never called: the start fails.
  }
}

@Controller('v1/good')
class GoodController {
  @Get()
  @Public()
  read(): string {
    return 'for everyone';
  }
}

function moduleOf(controller: Type): Type {
  @Module({ controllers: [controller] })
  class OneController {}
  return OneController;
}

const faultOf = async (controller: Type): Promise<string> => {
  try {
    const api = await startTestApi({}, { extraModules: [moduleOf(controller)], logger: new MemoryLog() });
    await api.close();
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('the start of the API', () => {
  it.each<[string, Type, string[]]>([
    [
      'says nothing of who may call',
      SilentController,
      ['SilentController.read: declares neither its roles nor that it is public'],
    ],
    ['names no role', EmptyController, ['EmptyController.read: declares neither']],
    ['writes and knows no repeats', BareController, ['BareController.write: writes and is not an `@Endpoint`']],
    ['lets the auditor write', WritingAuditorController, ['auditor writes nothing']],
    ['hides something from the auditor', HiddenFromAuditorController, ['auditor reads everything']],
    [
      'takes a body without bounds',
      LooseController,
      [
        'takes unknown fields',
        '/properties/text: a string without',
        '/properties/list: an array',
        '/properties/many: an array',
      ],
    ],
  ])('fails for an endpoint that %s', async (_what, controller, parts) => {
    const fault = await faultOf(controller);
    for (const part of parts) expect(fault).toContain(part);
  });

  it('succeeds for one that is public', async () => {
    expect(await faultOf(GoodController)).toBe('none');
  });
});
