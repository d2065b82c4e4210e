// A Bluesky network: directory, personal data server on PORT, and AppView with search.
import { createRequire } from 'node:module'
const { TestNetwork } = createRequire(process.cwd() + '/')('@atproto/dev-env')
await TestNetwork.create({
  pds: { port: Number(process.env.PORT), hostname: 'localhost' },
  bsky: { dbPostgresSchema: 'bluesky' },
})
