using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests;

/// <summary>
/// One sample with every member set of each kind of event, command and outcome: what the codec and the contracts are tested with.
/// </summary>
internal static class Vocabulary
{
    private static readonly ResourceKey A = new("Observation", "a");

    private static readonly ChangeResult Result = new(A, 2, ChangeEffect.Updated, At);

    private static StoredVersion Version => new()
    {
        Key = A, Version = 2, At = At, Source = "local", Deleted = false, Seq = 7, Body = Body() with { Terms = default },
    };

    public static IReadOnlyList<Event> Events =>
    [
        Stored("Observation/a", 3),
        new ResourceDeleted { Key = A, Version = 4, At = At, Source = "local", MessageId = "m" },
        new SubmissionAccepted { Source = "local", MessageId = "m", Digest = Digest("m"), At = At, Results = [Result] },
        new AccessRecorded { Entry = Entry with { RefusedBy = "VersionStale" } },
        new AccessRecorded { Entry = Entry with { Feed = Feed.Alerts } },
        .. AlertVocabulary.Events,
    ];

    public static IReadOnlyList<Command> Commands =>
    [
        Submission(
            "m",
            Update("Observation/a", ifVersion: 1), Delete("Observation/b"), CreateUnless("Patient/p", "17") with { IsReferredTo = true })
            with { WantsBodies = true },
        new ReadResource { Who = Clinician, RequestId = "r", Key = A },
        new ReadVersion { Who = Clinician, RequestId = "r", Key = A, Version = 2 },
        new ReadHistory { Who = Clinician, RequestId = "r", Key = A, Skip = 1, Count = 2 },
        new SearchRecord
        {
            Who = Clinician, RequestId = "r", Types = ["Observation"], Skip = 1, Count = 2, Asked = "Observation?code=x",
            Interaction = "search-type",
            Criteria =
            [
                new TokenCriterion("code", [new("http://loinc.org", "8867-4"), new(null, "x"), new("", null)], Not: true),
                new DateCriterion("date", [new(DateComparison.GreaterOrEqual, 1, 2)]),
                new ReferenceCriterion("subject", ["Patient/p"]),
                new IdCriterion(["a"]),
                new LastUpdatedCriterion([new(DateComparison.Less, 1, 2)]),
            ],
        },
        new MatchRecord
        {
            Who = Clinician, RequestId = "r", Type = "Patient", Criteria = [new IdCriterion(["p"])], Count = 2, Asked = "Patient?_id=p",
            IsTold = true,
        },
        new ReadAccessLog { Who = Auditor, RequestId = "r", BeforeSeq = 9, Skip = 1, Count = 2 },
        new NoteAccess { Who = null, RequestId = "r", Interaction = "login", Asked = "x", RefusedBy = "RequesterUnknown" },
        .. AlertVocabulary.Commands,
    ];

    public static IReadOnlyList<Outcome> Outcomes =>
    [
        new Accepted([Result], [Version]) { Repeated = true, AnswerSeq = 8 },
        new Released([Version], 3),
        new AccessLogReleased(9, [Entry]),
        new AccessNoted(),
        new Refused(Rule.VersionStale, A, 1, 2),
        new Matched([new ReleasedVersion(A, 2)]),
        .. AlertVocabulary.Outcomes,
    ];

    public static IEnumerable<object> All => [.. Events, .. Commands, .. Outcomes];

    public static Type RootOf(object value) => value switch
    {
        Event => typeof(Event),
        Command => typeof(Command),
        _ => typeof(Outcome),
    };
}
