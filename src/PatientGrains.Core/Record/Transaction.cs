using System.Collections.Immutable;

namespace PatientGrains.Core.Record;

/// <summary>
/// Changes of several records that happen all or not at all: one patient (or none) and directory resources (R4 3.1.0.11).
/// </summary>
/// <param name="Own">The changes of the record that is asked.</param>
/// <param name="Others">Those of other records, each once.</param>
public sealed record Transaction(Submit Own, ImmutableArray<OtherRecord> Others);

/// <param name="Log">Name of the other log, <c>Type/id</c>.</param>
/// <param name="Submit">Its changes, under the same message id.</param>
public sealed record OtherRecord(string Log, Submit Submit);

/// <summary>What a record answers to the first half of a transaction.</summary>
/// <param name="Id">
/// Names the preparation when it is settled; empty when the outcome is a refusal or a repeat, and nothing was prepared.
/// </param>
/// <param name="Outcome">The outcome that holds when the transaction commits.</param>
/// <param name="Sealed">The sealed part of the append, opaque to everybody but the log.</param>
public sealed record Preparation(string Id, Outcome Outcome, Blob Sealed);
