namespace PatientGrains.Simulation.Mutations;

/// <summary>A bug that is planted in a copy of the sources, in force only when it is named: all of them are compiled at once.</summary>
/// <param name="Name">What is wrong.</param>
/// <param name="File">Under src.</param>
/// <param name="Old">Stands there exactly once, else nothing is run.</param>
/// <param name="New">Takes its place; asks <c>Mutant.Is</c> whether it is meant.</param>
internal sealed record Mutation(string Name, string File, string Old, string New)
{
    private const string Journal = "PatientGrains.Log/Journal/PatientJournal.cs";
    private const string Opening = "PatientGrains.Log/Journal/PatientJournal.Opening.cs";
    private const string Store = "PatientGrains.Log/InMemory/InMemoryLog.cs";
    private const string StoreFeeds = "PatientGrains.Log/InMemory/InMemoryFeeds.cs";
    private const string Grain = "PatientGrains.Grains/RecordGrain.cs";
    private const string Completion = "PatientGrains.Grains/Completion.cs";
    private const string Submit = "PatientGrains.Core/Record/Submit.cs";
    private const string Read = "PatientGrains.Core/Record/Read.cs";
    private const string Record = "PatientGrains.Core/Record/PatientRecord.cs";
    private const string Fold = "PatientGrains.Core/Record/RecordFold.cs";
    private const string Effects = "PatientGrains.Core/Record/Effects.cs";
    private const string Screener = "PatientGrains.Core/Screening/Screener.cs";
    private const string Draft = "PatientGrains.Core/Screening/AlertDraft.cs";

    public static IReadOnlyList<Mutation> All { get; } =
    [
        new("acknowledged-before-durable", Journal,
            "            await Durable();\n            return decided.Outcome;",
            """            if (!Mutant.Is("acknowledged-before-durable")) await Durable(); return decided.Outcome;"""),
        new("entry-not-waited-for", Journal,
            "            else if (decided.MustBeNewest)\n                await Newest();",
            """
            else if (decided.MustBeNewest)
                await Newest();
            if (Mutant.Is("entry-not-waited-for") && decided.Events.Count == 1) return decided.Outcome;
            """),
        new("no-fence", Store,
            "            if ((kept?.Head ?? Head.Empty) != append.On || (kept is null && append.WrappedKey.IsEmpty))",
            """
            if (!Mutant.Is("no-fence")
                && ((kept?.Head ?? Head.Empty) != append.On || (kept is null && append.WrappedKey.IsEmpty)))
            """),
        new("activation-kept-after-failure", Journal,
            "            _inFlight--;\n            Lose(e);\n            gathering.Fail(e);\n            return;",
            """
            _inFlight--;
            if (Mutant.Is("activation-kept-after-failure")) _sealed = _durable; else Lose(e);
            gathering.Fail(e);
            return;
            """),
        new("snapshot-covers-more", Opening,
            "            var form = _fold.SnapshotForm;",
            """            var form = _fold.SnapshotForm; if (Mutant.Is("snapshot-covers-more")) at = (await _log.Find(_id))!.Head;"""),
        new("replay-skips-a-commit", Opening,
            "        foreach (var (_, happened) in events)\n            _state = _fold.Evolve(_state, happened);",
            """
            foreach (var (_, happened) in events)
                if (!Mutant.Is("replay-skips-a-commit") || commit.FirstSeq % 5 != 3) _state = _fold.Evolve(_state, happened);
            """),
        new("prepared-commit-lost", Journal,
            "                    batch = other.JoinTo(batch);",
            """                    batch = Mutant.Is("prepared-commit-lost") ? batch : other.JoinTo(batch);"""),
        new("due-time-forgotten", Journal,
            "        return batch with { Due = [new DueChange(_id, gathering.DueAt)] };",
            """        return Mutant.Is("due-time-forgotten") ? batch : batch with { Due = [new DueChange(_id, gathering.DueAt)] };"""),
        new("feed-numbers-with-a-gap", StoreFeeds,
            "            lines.Add(new StoredFeedLine(lines.Count + 1, log, seq));",
            """
            lines.Add(new StoredFeedLine(
                lines.Count + (Mutant.Is("feed-numbers-with-a-gap") && lines.Count > 3 ? 2 : 1), log, seq));
            """),
        new("overtaken-passes-over", Grain,
            "MustBeNewest: decision.Outcome is not Accepted);",
            """MustBeNewest: decision.Outcome is not Accepted && !Mutant.Is("overtaken-passes-over"));"""),
        new("overtaken-answers-transaction", Grain,
            "            if (own is Accepted { Repeated: true } && !await parts.Settle(committed: false))",
            """
            if (own is Accepted { Repeated: true } && !await parts.Settle(committed: false)
                && !Mutant.Is("overtaken-answers-transaction"))
            """),
        new("message-forgotten", Record,
            "        var own = new Blob(digest.Span.ToArray());",
            """        if (Mutant.Is("message-forgotten") && seq % 3 == 0) return; var own = new Blob(digest.Span.ToArray());"""),
        new("repeat-answered-otherwise", Completion,
            "        return new Accepted(accepted.Results, versions) { Repeated = true };",
            """
            return new Accepted(Mutant.Is("repeat-answered-otherwise")
                ? [.. accepted.Results.Select(result => result with { Effect = ChangeEffect.Unchanged })]
                : accepted.Results, versions) { Repeated = true };
            """),
        new("other-content-taken-for-repeat", Submit,
            "        known.Digest != submit.Digest\n",
            "        known.Digest != submit.Digest && !Mutant.Is(\"other-content-taken-for-repeat\")\n"),
        new("if-match-ignored", Submit,
            "            if (change.IfVersion is { } expected && (",
            """            if (change.IfVersion is { } expected && !Mutant.Is("if-match-ignored") && ("""),
        new("refused-but-stored", Submit,
            "            if (draft.Add(submit.Changes[i], i) is { } refused)\n                return Refuse(submit, facts, refused);",
            """
            if (draft.Add(submit.Changes[i], i) is { } refused)
                return Mutant.Is("refused-but-stored") ? new Decision(draft.Finish().Events, refused) : Refuse(submit, facts, refused);
            """),
        new("denied-is-taken", Submit,
            "        if (AccessPolicy.RefusalFor(submit.Who, AccessKind.WriteRecord) is { } denied)",
            """        if (AccessPolicy.RefusalFor(submit.Who, AccessKind.WriteRecord) is { } denied && !Mutant.Is("denied-is-taken"))"""),
        new("entry-without-versions", Read,
            "            entry with { Versions = [.. versions.Select(version => new ReleasedVersion(version.Key, version.Version))] },",
            """
            Mutant.Is("entry-without-versions") ? entry
                : entry with { Versions = [.. versions.Select(version => new ReleasedVersion(version.Key, version.Version))] },
            """),
        new("no-entry-for-a-read", Read,
            "            var present => Release(entry, [StoredVersion.Current(present)], 1),",
            """
            var present when Mutant.Is("no-entry-for-a-read") => new Decision([], new Released([StoredVersion.Current(present)], 1)),
            var present => Release(entry, [StoredVersion.Current(present)], 1),
            """),
        new("another-version-released", Read,
            "                Seq = statement.SeqOf(version),",
            """                Seq = statement.SeqOf(Mutant.Is("another-version-released") ? Math.Max(1, version - 1) : version),"""),
        new("feed-line-dropped", Effects,
            "            case AlertEvent:\n",
            "            case AlertEvent when !Mutant.Is(\"feed-line-dropped\") || happened is not AlertEscalated:\n"),
        new("deleted-value-still-counts", Fold,
            "        if (version > 1 || body is null)\n",
            "        if (body is null ? !Mutant.Is(\"deleted-value-still-counts\") : version > 1)\n"),
        new("correction-does-not-withdraw", Screener,
            "            if (changed.CorrectionOf(open) is not { } correction ||",
            """            if (Mutant.Is("correction-does-not-withdraw") || changed.CorrectionOf(open) is not { } correction ||"""),
        new("escalates-before-its-time", Screener,
            "            else if (open.EscalatesAt <= now)",
            """
            else if (open.EscalatesAt <= (Mutant.Is("escalates-before-its-time") ? now + TimeSpan.FromMinutes(20) : now))
            """),
        new("patient-line-numbers-with-a-gap", Draft,
            "    private int Next => Episodes.Lines + 1;",
            """    private int Next => Episodes.Lines + (Mutant.Is("patient-line-numbers-with-a-gap") && Episodes.Lines > 2 ? 2 : 1);"""),
        new("alert-missed", Screener,
            "        if (open is null && !draft.Episodes.IsSilenced(rule.Id, severity, now))",
            """
            if (open is null && !draft.Episodes.IsSilenced(rule.Id, severity, now)
                && !(Mutant.Is("alert-missed") && draft.Episodes.Count == 2))
            """),
    ];
}
