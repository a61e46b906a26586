using System.CommandLine;
using System.Diagnostics;
using PatientGrains.Core.Access;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Importing;
using PatientGrains.Host.Live;
using PatientGrains.Host.Settings;
using Spectre.Console;

namespace PatientGrains.Host.Commands;

/// <summary><c>patientgrains import</c>: files into the store.</summary>
internal static class ImportCommand
{
    /// <summary>Bytes of one submission after unpacking; the scanner's own limit.</summary>
    private const int MaxItemBytes = 64 << 20;

    /// <summary>
    /// Submissions on their way at once: enough that a group commit is well filled, and few enough that their bodies fit in memory.
    /// </summary>
    private const int DefaultLanes = 64;

    public static Command Build()
    {
        var paths = new Argument<string[]>("path")
        {
            Description = "Files or folders: .json, .ndjson, .json.gz, .ndjson.gz.",
            Arity = ArgumentArity.OneOrMore,
        };
        var source = new Option<string>("--source")
        {
            Description = "Slug of the source that asserts what is imported.",
            DefaultValueFactory = _ => "local",
        };
        var rejects = new Option<string>("--rejects")
        {
            Description = "Where rejected submissions are listed, with reasons; made when there are any.",
            DefaultValueFactory = _ => "rejects.ndjson",
        };
        var lanes = new Option<int>("--parallel")
        {
            Description = "Submissions on their way at once, 1 to 4096.",
            DefaultValueFactory = _ => DefaultLanes,
        };
        return Common.Verb(
            "import",
            "Import Bundles and resources from files, into a running server or, when none runs, into the data folder.",
            async (parsed, settings, cancel) =>
            {
                Common.RequireSource(settings, parsed.GetRequiredValue(source));
                if (parsed.GetValue(lanes) is < 1 or > 4096)
                    throw new VerbException("--parallel is 1 to 4096.");
                var files = ImportFiles.Find(parsed.GetRequiredValue(paths));
                if (files.Count == 0)
                    throw new VerbException("There is nothing to import: no .json, .ndjson or .gz of them.");
                await using var target = await Target(settings, parsed.GetRequiredValue(source), cancel);
                await using var rejected = new RejectFile(parsed.GetRequiredValue(rejects));
                return await Run(target, files, rejected, parsed.GetValue(lanes), cancel);
            },
            paths, source, rejects, lanes);
    }

    private static async Task<IImportTarget> Target(HostSettings settings, string source, CancellationToken cancel)
    {
        using (var ring = Stores.Ring(settings))
        {
            if (await LiveServer.Find(settings, ring, Importer(source), cancel) is { } live)
                return new HttpTarget(live);
        }
        return new InProcessTarget(await RecordServer.StartWithoutFront(settings, cancel), Importer(source));
    }

    private static Requester Importer(string source) => Common.Operator(Role.Integrator) with { Source = source };

    /// <summary>Also what <c>demo</c> does.</summary>
    internal static async Task<int> Run(IImportTarget target, IReadOnlyList<string> files, RejectFile rejected, int lanes, CancellationToken cancel)
    {
        var reader = new ImportFiles(MaxItemBytes);
        var run = new ImportRun(target, rejected, lanes);
        var watch = Stopwatch.StartNew();
        await Common.Out.Progress().HideCompleted(false).Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new SpinnerColumn())
            .StartAsync(async progress =>
            {
                var bar = progress.AddTask($"{files.Count} files", maxValue: files.Count);
                await run.Run(files, reader, _ => bar.Increment(1), cancel);
                bar.Value = files.Count;
            });
        watch.Stop();
        Summarise(target, run.Totals, rejected, reader, watch.Elapsed);
        return rejected.Count == 0 ? Common.Done : Common.Found;
    }

    private static void Summarise(IImportTarget target, ImportTotals totals, RejectFile rejected, ImportFiles reader, TimeSpan took)
    {
        double seconds = Math.Max(took.TotalSeconds, 0.001);
        Common.Out.WriteLine($"Imported into {target.Describe}: {totals.Submissions} submissions, {totals.Bytes / 1e6:F1} MB, in {seconds:F1} s");
        string speed = $"{totals.Resources / seconds:F0} resources/s, all durable";
        Common.Out.WriteLine($"  {totals.Created} resources created, {ChangedAndNot(target, totals)} ({speed})");
        if (rejected.Count > 0)
            Common.Out.WriteLine($"  {rejected.Count} rejects ({reader.Damaged.Count} damaged files), listed with reasons in {rejected.Path}");
        else
            Common.Out.WriteLine("  no rejects");
    }

    private static string ChangedAndNot(IImportTarget target, ImportTotals totals) =>
        target.TellsUnchanged ? $"{totals.Updated} updated, {totals.Unchanged} unchanged" : $"{totals.Updated} updated or unchanged";
}
