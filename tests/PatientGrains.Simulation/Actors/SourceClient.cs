using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Core.Search;
using PatientGrains.Simulation.Stage;

namespace PatientGrains.Simulation.Actors;

/// <summary>A lane of a source: observations, corrections, deletions, conflicting versions, transactions, messages that come
/// again.</summary>
internal sealed class SourceClient(Town town, string slug, int lane) : Client(town, $"{slug}{lane}")
{
    private readonly List<Operation> _done = [];
    private int _messages;

    private Requester Who { get; } = new()
    {
        Subject = "client-" + slug, Roles = [Role.Integrator], Purpose = "TREAT", Source = slug,
    };

    protected override async Task DoSomething()
    {
        int dice = World.Random.Next(100);
        string patient = World.Pick(Town.Patients);
        var operation = dice switch
        {
            < 50 => Single("Patient/" + patient, Put(Town.Observation(patient))),
            < 58 => Single("Patient/" + patient, Put(Town.Observation(patient)) with { IfVersion = World.Random.Next(1, 4) }),
            < 65 => Single("Patient/" + patient, new Change { Kind = ChangeKind.Delete, Key = Town.Observation(patient) }),
            < 71 => Single("Patient/" + patient, Create(patient)),
            < 81 => Together("Patient/" + patient, Put(Town.Observation(patient))),
            < 85 => Single(World.Pick(Town.Directory), Put(ResourceKey.Parse(World.Pick(Town.Directory)))),
            < 88 => DirectoryOnly(),
            < 90 => Forbidden("Patient/" + patient, Put(Town.Observation(patient))),
            < 94 => OtherContent(patient),
            _ => Again(),
        };
        if (operation is null)
            return;
        if (await Do(operation, mayGiveUp: true) is Accepted)
            _done.Add(operation);
    }

    private Operation Single(string log, Change change)
    {
        // A directory record holds its own resource.
        if (!log.StartsWith("Patient/", StringComparison.Ordinal))
            change = Put(ResourceKey.Parse(log));
        return Of(log, Submission(NextMessage(), change));
    }

    private Operation Of(string log, Submit submit) => new() { Client = Name, Log = log, Command = submit };

    /// <summary>A patient's change and those of directory records, all or nothing.</summary>
    private Operation Together(string log, Change own)
    {
        string message = NextMessage();
        string[] others = [.. Town.Directory.Where(_ => World.Chance(0.6)).DefaultIfEmpty(Town.Directory[0])];
        return new Operation
        {
            Client = Name, Log = log, Transaction = new Transaction(Submission(message, own), Others(message, others)),
        };
    }

    private Operation DirectoryOnly()
    {
        string message = NextMessage();
        // The record with the greatest name decides.
        string[] names = [.. Town.Directory.Order(StringComparer.Ordinal)];
        return new Operation
        {
            Client = Name,
            Log = names[^1],
            Transaction = new Transaction(Submission(message, Put(ResourceKey.Parse(names[^1]))), Others(message, names[..^1])),
        };
    }

    private ImmutableArray<OtherRecord> Others(string message, string[] names) =>
        [.. names.Select(name => new OtherRecord(name, Submission(message, Put(ResourceKey.Parse(name)))))];

    private Operation Forbidden(string log, Change change) => Of(log, Submission(NextMessage(), change) with
    {
        Who = Who with { Roles = [Role.Alerting] },
    });

    /// <summary>A message id that was used before, with other content: must be refused, and change nothing.</summary>
    private Operation? OtherContent(string patient) => _done.Count > 0 && World.Pick(_done) is { Command: Submit submit } before
        ? Of(before.Log, Submission(submit.MessageId, Put(
            before.Log.StartsWith("Patient/", StringComparison.Ordinal) ? Town.Observation(patient) : ResourceKey.Parse(before.Log))))
        : null;

    /// <summary>The same message once more, long after it was answered.</summary>
    private Operation? Again()
    {
        if (_done.Count == 0)
            return null;
        var before = World.Pick(_done);
        return new Operation { Client = Name, Log = before.Log, Command = before.Command, Transaction = before.Transaction };
    }

    private string NextMessage() => string.Create(CultureInfo.InvariantCulture, $"{Name}-m{++_messages}");

    private Submit Submission(string message, params ImmutableArray<Change> changes) => new()
    {
        Who = Who,
        MessageId = message,
        Digest = new Blob(SHA256.HashData([.. changes.SelectMany(Content)])),
        Interaction = "update",
        Changes = changes,
        WantsBodies = World.Chance(0.3),
    };

    private static IEnumerable<byte> Content(Change change) =>
        [.. Encoding.UTF8.GetBytes($"{change.Kind} {change.Key} {change.IfVersion}"), .. (change.Body?.Json.Bytes ?? default).Span];

    /// <summary>As the front does: the id of a create comes from its message.</summary>
    private Change Create(string patient) => Put(new ResourceKey("Observation", $"{patient}-{Name}-{_messages + 1}")) with
    {
        Kind = ChangeKind.Create,
    };

    private Change Put(ResourceKey key)
    {
        var terms = new TermWriter();
        terms.Token("code"u8, "http://loinc.org"u8, "2524-7"u8);
        string filler = new('x', World.Random.Next(World.Chance(0.1) ? 4000 : 100));
        string json = string.Create(CultureInfo.InvariantCulture,
            $$"""{"resourceType":"{{key.Type}}","id":"{{key.Id}}","text":"{{Name}} {{World.Random.Next()}} {{filler}}"}""");
        return new Change
        {
            Kind = ChangeKind.Update,
            Key = key,
            Body = new StatementBody
            {
                Json = new Blob(Encoding.UTF8.GetBytes(json)),
                MetaAt = 0,
                MetaLength = 0,
                Terms = new Blob(terms.ToTerms().Bytes),
                Extractor = 1,
                Findings = key.Type == "Observation" ? [Value()] : [],
            },
        };
    }

    private Measured Value()
    {
        bool isLactate = World.Chance(0.6);
        return new Measured
        {
            Variable = isLactate ? Variable.Lactate : Variable.Potassium,
            Value = isLactate ? World.Random.Next(5, 60) / 10m : World.Random.Next(20, 75) / 10m,
            At = SimWorldTime() - TimeSpan.FromMinutes(World.Random.Next(World.Chance(0.2) ? 600 : 10)),
        };
    }

    private DateTimeOffset SimWorldTime() => SimWorld.Epoch + TimeSpan.FromSeconds((long)World.Now.TotalSeconds);
}
