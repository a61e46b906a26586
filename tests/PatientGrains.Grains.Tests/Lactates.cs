using System.Collections.Immutable;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;

namespace PatientGrains.Grains.Tests;

/// <summary>Submissions that screening looks at: lactate alerts from 2 mmol/L on, more severely from 4 on.</summary>
internal static class Lactates
{
    public static Finding Value(decimal mmolPerL, DateTimeOffset at) =>
        new Measured { Variable = Variable.Lactate, Value = mmolPerL, At = at };

    public static Finding Bed(string unit, DateTimeOffset from) => new Placed { Unit = unit, From = from };

    /// <summary>One observation with these findings; its message id is its own.</summary>
    public static Submit At(string patient, string id, DateTimeOffset now, params ImmutableArray<Finding> findings)
    {
        var put = Submissions.Put(new ResourceKey("Observation", $"{patient}-{id}"), now.ToString("O"));
        return Submissions.Of($"{patient}-{id}-{now.UtcTicks}", put with { Body = put.Body! with { Findings = findings } });
    }
}
