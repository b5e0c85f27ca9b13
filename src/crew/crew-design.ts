/** How a crew is made up, and what each of its members is started with. */

import type { Server } from 'node:net'
import type { Interest } from '../architectures/architecture.ts'
import type { ServerSettings } from '../options.ts'
import type { AnswerMap } from '../protocol/answers.ts'
import type { Address } from '../types.ts'
import type { Launch } from './crew-port.ts'
import { type OpenTogether, type PackedAnswer, packSettings, type Start } from './messages.ts'

/** What the designs with members differ in. */
export interface CrewDesign {
  /** Made before anything is opened, for answers may be refused. */
  readonly answers: AnswerMap
  readonly launch: Launch
  /** Members that are always there; 0: one is started for each connection. */
  readonly standing: number
  /** The most members at a time. */
  readonly membersMax: number
  /** Accepts for the members; absent: they accept themselves. */
  readonly listener?: Server
  /** A descriptor for the next member to listen on; undefined: there is none left. */
  readonly takeDescriptor?: () => number | undefined
  /** How many connections are open, for members that share memory. */
  readonly openTogether?: Int32Array
  /** Nothing is taken any more: closes what the design keeps. */
  readonly release?: () => void
}

/** What a leader knows when it starts a member. */
export interface Recruiting {
  readonly settings: ServerSettings
  readonly answers: readonly PackedAnswer[]
  readonly interest: Interest
  /** How many were started before. */
  readonly serial: number
  readonly descriptor: number | undefined
  /** Where the leader accepts, if it does. */
  readonly address: Address | undefined
}

/** Ids of a standing member begin at a multiple of this, so that they are unique. */
const IDS_PER_MEMBER = 2 ** 32

/** What a new member is told first. */
export function makeStart(design: CrewDesign, recruiting: Recruiting): Start {
  const { settings, answers, interest, serial, descriptor, address } = recruiting
  return {
    settings: packSettings(shareSettings(settings, design)),
    answers,
    interest,
    idBase: design.standing === 0 ? serial : serial * IDS_PER_MEMBER,
    descriptor,
    address,
    openTogether: shareCount(design),
  }
}

/** What one member may have of what the whole server may. */
function shareSettings(settings: ServerSettings, design: CrewDesign): ServerSettings {
  const { inFlightServerMax, inFlightBytesMax } = settings
  const divide = (all: number): number => Math.max(1, Math.floor(all / design.membersMax))
  return {
    ...settings,
    inFlightServerMax: divide(inFlightServerMax),
    inFlightBytesMax: divide(inFlightBytesMax),
    // Where the leader accepts it is checked there.
    ...(design.listener === undefined ? {} : { connectionsMax: Number.MAX_SAFE_INTEGER }),
  }
}

function shareCount({ openTogether: all }: CrewDesign): OpenTogether | undefined {
  if (all === undefined) return undefined
  return { all, own: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) }
}
