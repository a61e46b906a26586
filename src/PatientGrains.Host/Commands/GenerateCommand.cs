using System.Buffers;
using System.CommandLine;
using PatientGrains.Synthetic;
using Spectre.Console;

namespace PatientGrains.Host.Commands;

/// <summary><c>patientgrains generate</c>: synthetic patients as files.</summary>
internal static class GenerateCommand
{
    private enum Form
    {
        Bundles,
        Ndjson,
    }

    public static Command Build()
    {
        var folder = new Argument<DirectoryInfo>("folder") { Description = "Where the files go; made when missing." };
        var patients = new Option<int>("--patients") { Description = "How many.", DefaultValueFactory = _ => 100 };
        var years = new Option<int>("--years") { Description = "Years of history of each.", DefaultValueFactory = _ => 5 };
        var seed = new Option<ulong>("--seed")
        {
            Description = "The same seed gives the same bytes, everywhere.",
            DefaultValueFactory = _ => 1,
        };
        var form = new Option<Form>("--form")
        {
            Description = "Bundles: one transaction per patient. Ndjson: one resource a line.",
            DefaultValueFactory = _ => Form.Bundles,
        };
        return Common.Verb(
            "generate",
            "Write deterministic synthetic patients as FHIR R4.",
            async (parsed, _, cancel) =>
            {
                try
                {
                    var options = new SyntheticOptions { Patients = parsed.GetValue(patients), Years = parsed.GetValue(years), Seed = parsed.GetValue(seed) };
                    return await Write(options, parsed.GetRequiredValue(folder), parsed.GetValue(form), cancel);
                }
                catch (ArgumentOutOfRangeException wrong)
                {
                    throw new VerbException(wrong.Message);
                }
            },
            folder, patients, years, seed, form);
    }

    private static async Task<int> Write(SyntheticOptions options, DirectoryInfo folder, Form form, CancellationToken cancel)
    {
        if (form == Form.Bundles)
        {
            await WriteAll(options, folder.FullName, cancel);
            return Common.Done;
        }
        folder.Create();
        long resources = await WriteNdjson(options, folder.FullName, cancel);
        Common.Out.WriteLine($"{options.Patients} patients with {resources} resources in {folder.FullName}");
        return Common.Done;
    }

    /// <summary>One transaction Bundle per patient, and the directory; also what <c>demo</c> imports.</summary>
    internal static async Task<long> WriteAll(SyntheticOptions options, string folder, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder);
        long resources = await WriteBundles(options, folder, cancel);
        Common.Out.WriteLine($"{options.Patients} patients with {resources} resources in {folder}");
        return resources;
    }

    private static async Task<long> WriteBundles(SyntheticOptions options, string folder, CancellationToken cancel)
    {
        // Ordinal order puts the directory before the patients that refer to it.
        await File.WriteAllBytesAsync(Path.Combine(folder, "0-directory.json"), SyntheticPopulation.DirectoryBundle(options), cancel);
        long resources = 0;
        foreach (var patient in SyntheticPopulation.Patients(options))
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, $"patient-{patient.Index:D6}.json"), patient.TransactionBundle(), cancel);
            resources += patient.ResourceCount;
        }
        return resources;
    }

    private static async Task<long> WriteNdjson(SyntheticOptions options, string folder, CancellationToken cancel)
    {
        await using var file = File.Create(Path.Combine(folder, "patients.ndjson"));
        foreach (var resource in SyntheticPopulation.DirectoryResources(options))
        {
            await file.WriteAsync(resource, cancel);
            file.WriteByte((byte)'\n');
        }
        var lines = new ArrayBufferWriter<byte>();
        long resources = 0;
        foreach (var patient in SyntheticPopulation.Patients(options))
        {
            lines.ResetWrittenCount();
            patient.WriteNdjson(lines);
            await file.WriteAsync(lines.WrittenMemory, cancel);
            resources += patient.ResourceCount;
        }
        return resources;
    }
}
