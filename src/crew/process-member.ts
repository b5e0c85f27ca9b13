/** A member that is a process of node:cluster: where it begins. */

import { obeyParent } from './parent-line.ts'

obeyParent()
