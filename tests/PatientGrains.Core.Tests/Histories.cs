using FsCheck;
using FsCheck.Fluent;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests;

/// <summary>
/// Arbitrary sequences of commands over a few keys, sources, message ids, identifiers and bodies, so that they meet often.
/// </summary>
internal static class Histories
{
    private static readonly string[] Keys = ["Patient/p", "Observation/a", "Observation/b", "Condition/c", "Patient/q"];

    private static Gen<string> Identifier => Gen.Elements("17", "18", "", null!);

    private static Gen<StatementBody> AnyBody =>
        from text in Gen.Choose(0, 3)
        from identifier in Identifier
        select Body($"{{\"n\":{text},\"i\":\"{identifier}\"}}", identifier);

    private static Gen<Change> AnyChange =>
        from kind in Gen.Elements(Enum.GetValues<ChangeKind>())
        from key in Gen.Elements(Keys)
        from body in AnyBody
        from expected in Gen.Elements<int?>(null, null, null, 1, 2, 3)
        from condition in Gen.Elements(null, null, "17", "18")
        select new Change
        {
            Kind = kind,
            Key = ResourceKey.Parse(key),
            Body = kind == ChangeKind.Delete ? null : body,
            IfVersion = kind == ChangeKind.Create ? null : expected,
            IfNoneExist = kind == ChangeKind.Create && condition is not null
                ? [new TokenCriterion("identifier", [new("urn:mrn", condition)])] : [],
        };

    private static Gen<Command> AnySubmission =>
        from message in Gen.Choose(0, 30)
        from content in Gen.Choose(0, 1)
        from source in Gen.Elements("local", "lab")
        from changes in AnyChange.ListOf().Resize(3)
        select (Command)(Submission($"m{message}", [.. changes]) with
        {
            Digest = Digest($"{message} {content}"),
            Who = Clinician with { Source = source },
            WantsBodies = content == 0,
        });

    private static Gen<Command> AnyRead =>
        from key in Gen.Elements(Keys).Select(ResourceKey.Parse)
        from number in Gen.Choose(0, 4)
        from who in Gen.Elements(Clinician, Auditor)
        from command in Gen.Elements<Command>(
            new ReadResource { Who = who, Key = key },
            new ReadVersion { Who = who, Key = key, Version = number },
            new ReadHistory { Who = who, Key = key, Skip = number, Count = 2 },
            new SearchRecord { Who = who, Types = [key.Type], Skip = number, Count = 2, Asked = "", Interaction = "search-type" },
            new ReadAccessLog { Who = who, Count = number })
        select command;

    public static Arbitrary<Command[]> Any => Arb.From(
        Gen.Frequency((4, AnySubmission), (1, AnyRead)).ArrayOf().Resize(40),
        commands => Enumerable.Range(0, commands.Length).Select(left => commands.Where((_, i) => i != left).ToArray()));

    public static Live Play(IEnumerable<Command> commands)
    {
        var live = new Live();
        foreach (var command in commands)
            live.Do(command);
        return live;
    }
}
