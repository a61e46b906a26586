using System.Buffers;
using PatientGrains.Synthetic.Json;
using PatientGrains.Synthetic.Life;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic;

/// <summary>Synthetic longitudinal patients as FHIR R4 (4.0.1) JSON. Deterministic, lazy, safe to call from many threads.</summary>
public static class SyntheticPopulation
{
    /// <summary>
    /// Patients 0 to options.Patients - 1, each made when it is asked for. Patient i depends on the seed, the years, the reference date
    /// and i alone, so populations of different size share their first patients, and parts may be made in parallel.
    /// </summary>
    public static IEnumerable<SyntheticPatient> Patients(SyntheticOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Patients(options, 0, options.Patients);
    }

    /// <summary>
    /// Patients first to first + count - 1 of the same population, which must have them: for workers that share it out among themselves.
    /// </summary>
    public static IEnumerable<SyntheticPatient> Patients(SyntheticOptions options, int first, int count)
    {
        ArgumentNullException.ThrowIfNull(options);
        Limits.Within(first, 0, options.Patients, nameof(first));
        Limits.Within(count, 0, options.Patients - first, nameof(count));
        return Drawn(options, new CareDirectory(options.Seed), first, count);

        static IEnumerable<SyntheticPatient> Drawn(SyntheticOptions options, CareDirectory directory, int first, int count)
        {
            for (var i = first; i < first + count; i++)
                yield return new SyntheticPatient(Course.Of(options, i), new Rendering(options.Seed, directory));
        }
    }

    /// <summary>
    /// The organisations, locations and practitioners that the seed's patients refer to: a batch Bundle of PUTs by id, to be loaded
    /// first, since the transactions of patients refer to them by identifier.
    /// </summary>
    public static ReadOnlyMemory<byte> DirectoryBundle(SyntheticOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new CareDirectory(options.Seed).Bundle();
    }

    /// <summary>The same resources singly, for NDJSON.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> DirectoryResources(SyntheticOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new CareDirectory(options.Seed).Resources();
    }
}

/// <summary>One person's record. The chart is drawn once; each form is written when asked for, as UTF-8 without white space.</summary>
public sealed class SyntheticPatient
{
    private readonly Chart _chart;
    private readonly Rendering _rendering;

    internal SyntheticPatient(Chart chart, Rendering rendering)
    {
        _chart = chart;
        _rendering = rendering;
    }

    /// <summary>The number in the population, from 0.</summary>
    public int Index => _chart.Index;

    /// <summary>Patient.id in the NDJSON form, and the UUID of the transaction's urn:uuid.</summary>
    public string Id => _rendering.IdText(_chart.Index, 0);

    /// <summary>The value of the record number identifier, unique in the population.</summary>
    public string RecordNumber => _chart.Person.RecordNumber;

    /// <summary>Resources in either form, the Patient included.</summary>
    public int ResourceCount => _chart.Entries.Count + 1;

    /// <summary>
    /// A transaction Bundle: POST entries without ids, urn:uuid fullUrls (version 4, deterministic), references among them by urn:uuid,
    /// conditional references to the directory (R4 http.html 3.1.0.11), and ifNoneExist on the Patient by record number.
    /// </summary>
    public ReadOnlyMemory<byte> TransactionBundle()
    {
        var buffer = new ArrayBufferWriter<byte>(ChartJson.BytesOfAResource * ResourceCount);
        WriteTransactionBundle(buffer);
        return buffer.WrittenMemory;
    }

    /// <summary>Appends the same Bundle to a buffer that the caller may use again.</summary>
    public void WriteTransactionBundle(IBufferWriter<byte> to) =>
        ChartJson.Transaction(to, _chart, _rendering with { Links = Links.Conditional });

    /// <summary>
    /// The resources one by one with literal ids and Type/id references, the Patient first, encounters before what refers to them.
    /// </summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Resources() => ChartJson.Resources(_chart, _rendering);

    /// <summary>Appends the same resources as lines, each ended by a line feed.</summary>
    public void WriteNdjson(IBufferWriter<byte> to) => ChartJson.Ndjson(to, _chart, _rendering);
}
