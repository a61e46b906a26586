using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using PatientGrains.Core.Screening;
using PatientGrains.Host.Evaluation;
using Spectre.Console;

namespace PatientGrains.Host.Commands;

/// <summary><c>patientgrains evaluate sepsis</c>: how the screens fare on labelled stays, through the real record.</summary>
internal static class EvaluateCommand
{
    /// <summary>More than these of a folder's broken files would bury the figures.</summary>
    private const int MaxTold = 20;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true, Converters = { new JsonStringEnumConverter() },
    };

    public static Command Build()
    {
        var folder = new Argument<DirectoryInfo>("folder")
        {
            Description = "Stays of the PhysioNet/CinC Challenge 2019, a .psv file each; folders below it count too.",
        };
        folder.AcceptExistingOnly();
        var json = new Option<FileInfo>("--json") { Description = "Also write the figures to this file." };
        var sepsis = Common.Verb(
            "sepsis",
            "Run every screen over labelled stays and compare its alerts with the onset of sepsis.",
            (parsed, _, cancel) => Task.FromResult(Run(parsed.GetRequiredValue(folder), parsed.GetValue(json), cancel)),
            folder, json);
        return new Command("evaluate", "Measure the screens on labelled data.") { sepsis };
    }

    private static int Run(DirectoryInfo folder, FileInfo? json, CancellationToken cancel)
    {
        string[] files =
            [.. Directory.EnumerateFiles(folder.FullName, "*.psv", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        if (files.Length == 0)
            throw new VerbException($"{folder.FullName} has no .psv files.");
        // A file or a pipe has no width at which figures would have to be broken.
        if (Console.IsOutputRedirected)
            Common.Out.Profile.Width = 1_000;
        var evaluation = new SepsisEvaluation(ScreeningRules.All);
        int skipped = 0;
        var replayed = files.AsParallel().AsOrdered().WithCancellation(cancel).Select(file => (file, Replay(file)));
        foreach (var (file, (stay, malformed)) in replayed)
        {
            if (stay is not null)
                evaluation.Add(stay);
            else if (++skipped <= MaxTold)
                Console.Error.WriteLine(
                    $"{Path.GetRelativePath(folder.FullName, file)} line {malformed!.Line}: {malformed.Message}; skipped");
        }
        if (skipped > 0)
            Console.Error.WriteLine($"{skipped} of {files.Length} files are malformed and were skipped.");
        if (evaluation.Stays == 0)
            throw new VerbException("no file could be read.");
        var figures = evaluation.Figures();
        SepsisReport.Write(Common.Out, figures);
        if (json is not null)
            File.WriteAllText(json.FullName, JsonSerializer.Serialize(figures, Json));
        return skipped == 0 ? Common.Done : Common.Found;
    }

    private static (ReplayedStay? Stay, MalformedStayException? Malformed) Replay(string file)
    {
        try
        {
            var stay = SepsisStay.Read(Path.GetFileNameWithoutExtension(file), File.ReadLines(file));
            return (SepsisReplay.Run(stay, ScreeningRules.All), null);
        }
        catch (MalformedStayException malformed)
        {
            return (null, malformed);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return (null, new MalformedStayException(1, "the file cannot be read"));
        }
    }
}
