"""The end of data, time-outs, and connections that are kept."""

from tests.laws.law import Guard, Law

LEDGER = "workers/smtp/ledger.py"
SESSION = "workers/smtp/session.py"
CONNECTION = "workers/smtp/connection.py"
LEASE = "workers/smtp/lease.py"
POOL = "workers/smtp/pool.py"
PUMP = "workers/smtp/pump.py"
STATE = "workers/smtp/state.py"
TRANSMISSION = "workers/smtp/transmission.py"
VERDICTS = "workers/verdicts.py"

OUTCOME_LAWS = (
    Law(
        "uncertain-after-the-end",
        "From the terminator's first octet a lost reply is `uncertain`; before it, never.",
        "RFC 5321 4.2.5, 6.1; RFC 1047",
        (
            Guard(
                SESSION,
                "exchange.ending = exchange.end - len(TERMINATOR) + 1",
                "exchange.ending = exchange.end",
            ),
            Guard(
                SESSION,
                "exchange.ending = exchange.end - len(TERMINATOR) + 1",
                "exchange.ending = 1",
            ),
            Guard(
                LEDGER, "self._enter(unknown, Fault(FaultCode.REPLY_LOST, fault.detail))", "pass"
            ),
            Guard(
                TRANSMISSION,
                "if ledger.refused_here or ledger.data_may_have_ended:",
                "if ledger.refused_here:",
            ),
        ),
    ),
    Law(
        "patience-at-the-end",
        "Each phase has the standard's time, the end of data ten minutes.",
        "RFC 5321 4.5.3.2, RFC 1047",
        (
            Guard(
                "workers/smtp/timeouts.py", "end_of_data: float = 600", "end_of_data: float = 60"
            ),
            Guard(PUMP, "self._timeouts.of(verb)", "self._timeouts.data"),
            Guard("workers/pools.py", "        timeouts=Timeouts(**asdict(relay.timeouts)),\n", ""),
        ),
    ),
    Law(
        "verdict-of-the-end",
        "The reply to the end of data is the verdict of all who were taken, whatever its code.",
        "RFC 5321 4.2.5",
        (
            Guard(LEDGER, "            self._enter(self.taken, verdict)", "            pass"),
            Guard(
                VERDICTS,
                "    if reply.is_permanent:\n        return Bounced",
                "    if reply.is_permanent and reply.command is not Verb.END_OF_DATA:\n        return Bounced",
            ),
        ),
    ),
    Law(
        "refusal-amid-content",
        "A refusal in the middle of the content is heard, though the write behind it breaks.",
        "RFC 5321 4.2.5",
        (
            Guard(PUMP, "            self._hear_last_words()\n", ""),
            Guard(
                SESSION,
                "if verb in {Verb.END_OF_DATA, Verb.BDAT} and not is_consent(reply):",
                "if False:",
            ),
        ),
    ),
    Law(
        "writes-end",
        "A peer that takes nothing meets a deadline as one that says nothing does.",
        "RFC 5321 4.5.3.2.5",
        (
            Guard(
                PUMP,
                "            elif not whole or not writing:\n                self._left()",
                "            elif not writing:\n                self._left()",
                Guard(
                    PUMP,
                    "timeout=min(self._left(), LOOK_SECONDS))",
                    "timeout=LOOK_SECONDS if writing else min(self._left(), LOOK_SECONDS))",
                ),
            ),
        ),
    ),
    Law(
        "quit-changes-nothing",
        "QUIT is said, waited for a little, and whatever it meets changes no outcome.",
        "RFC 5321 4.1.1.10",
        (
            Guard(CONNECTION, "with contextlib.suppress(Exception):", "if True:"),
            Guard(CONNECTION, "self._pump.finish(limit)", "self._pump.settle(None)"),
            Guard(CONNECTION, "self.ask(QUIT, self.hearing)", "pass"),
        ),
    ),
    Law(
        "clean-before-the-next",
        "What a transaction left is reset before the next one; a bad answer to RSET ends it.",
        "RFC 5321 4.1.4",
        (
            Guard("workers/smtp/rounds.py", "    if connection.needs_reset:\n", "    if False:\n"),
            Guard(
                STATE,
                "{(state, Verb.RSET, Answer.NO): State.CLOSED for state in _RESETTABLE}",
                "{(state, Verb.RSET, Answer.NO): State.READY for state in _RESETTABLE}",
            ),
            Guard(
                "workers/smtp/chunks.py",
                "        reset = ledger is not first\n",
                "        reset = False\n",
            ),
        ),
    ),
    Law(
        "stale-connections",
        "A kept connection that gives way at MAIL costs the message nothing, once.",
        "RFC 5321 3.8, 4.5.4.1",
        (
            Guard(
                TRANSMISSION,
                "    return gave_way and connection.transactions > 0 and proven",
                "    return False",
            ),
            Guard(
                POOL,
                "self.clock() - kept.since >= self._limits.idle",
                "False",
                Guard(POOL, "if kept.since <= oldest]", "if False]"),
            ),
        ),
    ),
    Law(
        "enough-messages",
        "A relay's limit of messages a session is kept, told, or met without losing or doubling one.",
        "RFC 5321 3.8, RFC 9422 3.1",
        (
            Guard(POOL, "room = self._most - connection.transactions", "room = 1_000"),
            Guard(POOL, "room = min(room, own - connection.rounds)", "pass"),
            Guard(TRANSMISSION, "carried = _within_limit(connection, carried)", "pass"),
            Guard(LEASE, "        if room < 0:", "        if False:"),
            Guard(LEASE, "            if not places:", "            if False:"),
            Guard(TRANSMISSION, "_ENOUGH = frozenset({421, 452})", "_ENOUGH = frozenset()"),
            Guard(
                TRANSMISSION,
                "    if refusal.is_permanent and reader.may_end_session(refusal):",
                "    if False:",
            ),
            Guard(POOL, "self._most = max(1, min(self._most, connection.carried))", "pass"),
            Guard(
                TRANSMISSION,
                "        if ledger.any_taken and ledger.mail_refused:",
                "        if False:",
            ),
            Guard(TRANSMISSION, " or _is_plain(ledger, reader)", ""),
            Guard(LEASE, "or _spared(self._stale[place])", "or self._stale[place]"),
        ),
    ),
    Law(
        "enough-refusals",
        "A session that a server ends among refusals takes no message with it, nor its certainty.",
        "RFC 5321 3.8, 4.1.1.5; Exim smtp_accept_max_nonmail",
        (
            Guard(SESSION, "is_consent(reply) and verb is not Verb.RSET", "True"),
            Guard(SESSION, "self.dismissed = verb is Verb.RSET", "self.dismissed = False"),
            Guard(CONNECTION, "max(0, REFUSED_MESSAGES - self.refused)", "None"),
            Guard(POOL, " or connection.most_at_once == 0", ""),
            Guard(LEASE, " or _is_about_a_message(verdict)", ""),
        ),
    ),
    Law(
        "enough-connections",
        "A relay that takes no further connection gets fewer, and no message is charged for it.",
        "RFC 5321 3.8, 4.2.1",
        (
            Guard("workers/line.py", "        access.pace.hold_at(access.in_use)\n", ""),
            Guard(
                LEASE,
                "if results[-1].stopped or (fresh and not helped and _is_fruitless(results)):",
                "if results[-1].stopped:",
            ),
        ),
    ),
    Law(
        "places-come-back",
        "Whatever fails or is broken off, its place in the pool and its socket are free again.",
        "RFC 5321 4.1.1.10",
        (
            Guard(POOL, "            self.give_back(None)\n            raise", "            raise"),
            Guard(
                CONNECTION,
                "        finally:\n            if not self._closed:",
                "        except ValueError:\n            raise\n        else:\n            if not self._closed:",
            ),
            Guard(
                CONNECTION,
                "                self._pump.read()\n        except BaseException:",
                "                self._pump.read()\n        except ConnectionLostError:",
            ),
            Guard(
                LEASE,
                "        if error is not None and self._connection is not None:\n            self._connection.abort()\n",
                "",
            ),
            Guard(
                "workers/smtp/sockets.py",
                "    except BaseException:\n        attempt.close()\n        raise\n",
                "    except BaseException:\n        _LEFT.append(attempt)\n        raise\n",
                Guard(
                    "workers/smtp/sockets.py",
                    "_READABLE: Final =",
                    "_LEFT: Final[list[socket.socket]] = []\n_READABLE: Final =",
                ),
            ),
            Guard(
                "workers/smtp/opening.py",
                "        except OpeningError:\n            connection.quit()\n            raise",
                "        except OpeningError:\n            _LEFT.append(connection)\n            raise",
                Guard(
                    "workers/smtp/opening.py",
                    "EHLO_UNKNOWN: Final =",
                    "_LEFT: Final[list[Connection]] = []\nEHLO_UNKNOWN: Final =",
                ),
            ),
        ),
    ),
    Law(
        "killed-before-recording",
        "A worker that dies between a 250 and its recording leaves `uncertain`, and no second claim.",
        "RFC 5321 6.1",
        (
            Guard(
                "pillarbox/flows/sweep.py",
                "data_may_have_ended=delivery.place <= through",
                "data_may_have_ended=False",
            ),
        ),
    ),
    Law(
        "first-digit-decides",
        "The basic code's first digit decides the retry; the stage decides whom a refusal blames.",
        "RFC 5321 4.2.1, 4.3.2",
        (
            Guard(
                VERDICTS,
                "    if reply.is_permanent:\n        return Bounced",
                "    if (reply.enhanced or str(reply.code)).startswith('5'):\n        return Bounced",
            ),
            Guard(
                "pillarbox/domain/classification/consequence.py",
                "        case Verb.MAIL:",
                "        case Verb.MAIL | Verb.RCPT:",
            ),
        ),
    ),
)
