using System.CommandLine;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using PatientGrains.Core.Access;
using PatientGrains.Grpc;
using PatientGrains.Grpc.V1;
using PatientGrains.Host.Importing;
using PatientGrains.Host.Live;
using Spectre.Console;

namespace PatientGrains.Host.Commands;

/// <summary>
/// <c>patientgrains push</c>: what an EHR's interface does, resources on a gRPC stream, each acknowledged when it is durable. It outlives
/// broken connections and restarts of the server; run again, it repeats the same messages, which changes nothing.
/// </summary>
internal static class PushCommand
{
    /// <summary>The server's own limit.</summary>
    private const int MaxItemBytes = 64 << 20;

    public static Command Build()
    {
        var paths = new Argument<string[]>("path")
        {
            Description = "Files or folders: .json, .ndjson, .json.gz, .ndjson.gz; a resource or transaction Bundle each, or a line each.",
            Arity = ArgumentArity.OneOrMore,
        };
        var source = new Option<string>("--source")
        {
            Description = "Slug of the source that asserts it.",
            DefaultValueFactory = _ => "local",
        };
        var window = new Option<int>("--window")
        {
            Description = "Messages that may be unanswered, 1 to 4096.",
            DefaultValueFactory = _ => 256,
        };
        var rejects = new Option<string>("--rejects")
        {
            Description = "Where refused messages are listed, with reasons; made when there are any.",
            DefaultValueFactory = _ => "rejects.ndjson",
        };
        return Common.Verb(
            "push",
            "Push resources to a server over gRPC, as an EHR does.",
            async (parsed, settings, cancel) =>
            {
                if (parsed.GetValue(window) is < 1 or > 4096)
                    throw new VerbException("--window is 1 to 4096.");
                var who = Common.Operator(Role.Integrator) with { Source = parsed.GetRequiredValue(source) };
                using var channel = await GrpcLink.Open(parsed, settings, who, cancel);
                await using var refused = new RejectFile(parsed.GetRequiredValue(rejects));
                var files = ImportFiles.Find(parsed.GetRequiredValue(paths));
                return await Push(new PatientGrainsClient(channel), files, parsed.GetValue(window), refused, cancel);
            },
            paths, source, window, rejects, GrpcLink.Server, GrpcLink.Token);
    }

    private static async Task<int> Push(
        PatientGrainsClient client, IReadOnlyList<string> files, int window, RejectFile refused, CancellationToken cancel)
    {
        var reader = new ImportFiles(MaxItemBytes);
        var unanswered = new Dictionary<string, ImportItem>();
        var options = new PushOptions
        {
            Window = window,
            Resume = new() { OnFailure = failure => Console.Error.WriteLine($"patientgrains push: {failure.Code}; connecting again") },
        };
        var watch = Stopwatch.StartNew();
        int taken = 0, repeats = 0;
        await foreach (var answer in client.SubmitStream(Submissions(files, reader, unanswered, cancel), options, cancel))
        {
            ImportItem item;
            lock (unanswered)
                unanswered.Remove(answer.MessageId, out item!);
            if (answer.Refusal is { } refusal)
                await refused.Write(item, new Reject(null, ((GrpcCode)refusal.Code).ToString(), null, refusal.Message));
            else
                taken++;
            if (answer.IsRepeat)
                repeats++;
        }
        double seconds = Math.Max(watch.Elapsed.TotalSeconds, 0.001);
        string speed = $"{taken / seconds:F0}/s, all durable";
        Common.Out.WriteLine($"{taken} messages acknowledged, {repeats} of them repeats, in {seconds:F1} s ({speed})");
        foreach (var damaged in reader.Damaged)
            Common.Out.WriteLine($"  {damaged.Path} was not pushed: {damaged.Reason}");
        if (refused.Count > 0)
            Common.Out.WriteLine($"  {refused.Count} refused, listed with reasons in {refused.Path}");
        return refused.Count + reader.Damaged.Count == 0 ? Common.Done : Common.Found;
    }

    private static async IAsyncEnumerable<Submission> Submissions(
        IReadOnlyList<string> files, ImportFiles reader, Dictionary<string, ImportItem> unanswered,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (string file in files)
        {
            await foreach (var item in reader.Read(file, cancel))
            {
                lock (unanswered)
                    unanswered[item.MessageId] = item;
                yield return Of(item);
            }
        }
    }

    private static Submission Of(ImportItem item)
    {
        var peeked = Peeked.From(item.Content);
        var submission = new Submission { MessageId = item.MessageId, Body = UnsafeByteOperations.UnsafeWrap(item.Content) };
        if (peeked.IsSubmission)
        {
            submission.Kind = SubmissionKind.Transaction;
        }
        else if (peeked is { Type: { } type, Id: { } id })
        {
            submission.Kind = SubmissionKind.Update;
            (submission.Type, submission.Id) = (type, id);
        }
        else
        {
            submission.Kind = SubmissionKind.Create;
        }
        return submission;
    }
}
