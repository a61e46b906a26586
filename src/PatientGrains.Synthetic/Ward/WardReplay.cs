using System.Buffers;
using System.Text;
using System.Text.Json;
using PatientGrains.Synthetic.Chance;
using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.Json;
using PatientGrains.Synthetic.Life;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Ward;

/// <summary>Lives every stay hour by hour and merges what is sent into one stream by time.</summary>
internal static class WardReplay
{
    private static readonly Analyte[] Panel =
    [
        Analyte.Lactate, Analyte.Leukocytes, Analyte.Platelets, Analyte.Creatinine, Analyte.Bilirubin, Analyte.Potassium, Analyte.Sodium,
    ];

    public static IEnumerable<WardEvent> Merged(WardOptions options)
    {
        var directory = new CareDirectory(options.Seed);
        var next = new PriorityQueue<(Admission Admission, IEnumerator<Sending> Sendings), (DateTime, int)>();
        for (var i = 0; i < options.Stays; i++)
        {
            var admission = new Admission(options, directory, i);
            var sendings = new StayCourse(admission, options.RevisionShare).Sendings().GetEnumerator();
            if (sendings.MoveNext())
                next.Enqueue((admission, sendings), (sendings.Current.At, i));
        }
        while (next.TryDequeue(out var stay, out _))
        {
            yield return Event(stay.Admission, stay.Sendings.Current);
            if (stay.Sendings.MoveNext())
                next.Enqueue(stay, (stay.Sendings.Current.At, stay.Admission.Chart.Index));
            else
                stay.Sendings.Dispose();
        }
    }

    private static WardEvent Event(Admission admission, Sending sending)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, RawJson.Plain);
        var index = admission.Chart.Index;
        ChartJson.Resource(new Pen(json, admission.Rendering, index), admission.Chart, sending.Entry);
        json.Flush();
        return new WardEvent(
            new DateTimeOffset(sending.At, Times.Offset),
            index,
            Encoding.ASCII.GetString(ChartJson.TypeOf(sending.Entry)),
            admission.Rendering.IdText(index, sending.Entry.Ordinal),
            sending.Entry.Revision != Revision.None,
            buffer.WrittenMemory);
    }

    /// <summary>A resource and when it is sent: later than it was measured, by the laboratory's turnaround.</summary>
    internal readonly record struct Sending(DateTime At, Entry Entry);

    /// <summary>
    /// One stay. Vital signs every hour, temperature every four hours and hourly once somebody worries; blood on admission and every
    /// twelve hours, and every four from when the patient looks ill. Who is worried about also notes consciousness and oxygen. Somebody
    /// suspects an infection within three hours of the onset: a blood culture is drawn, and the first dose of an antibiotic follows.
    /// </summary>
    private sealed class StayCourse(Admission admission, double revisionShare)
    {
        private readonly PriorityQueue<Sending, (DateTime, int)> _pending = new();
        private readonly Rng _rng = admission.Rng;
        private readonly Bedside _bed = new(admission.Rng, admission.Chart.Person.Female, admission.OnsetHour, admission.Hours);
        private readonly int _suspicion = admission.Rng.Below(4);
        private int _ordinal = Admission.FirstOrdinal;
        private int _sent;

        public IEnumerable<Sending> Sendings()
        {
            for (var hour = 0; hour < admission.Hours; hour++)
            {
                var at = admission.AdmittedAt.AddHours(hour);
                Hour(hour, at);
                var until = at.AddHours(1);
                while (_pending.TryPeek(out var sending, out _) && sending.At < until)
                    yield return _pending.Dequeue();
            }
            while (_pending.TryDequeue(out var rest, out _))
                yield return rest;
        }

        private void Hour(int hour, DateTime start)
        {
            _bed.Pass();
            var at = start.AddMinutes(_rng.Below(10));
            var worried = _bed.Severity(hour) > 0.15;
            var (systolic, diastolic) = _bed.Pressure(hour);
            Send(at, new PressureEntry(_ordinal++, Admission.Visit, at, systolic, diastolic));
            Send(at, new VitalEntry(_ordinal++, Admission.Visit, at, Vital.HeartRate, _bed.Value(Vital.HeartRate, hour)));
            Send(at, new VitalEntry(_ordinal++, Admission.Visit, at, Vital.RespiratoryRate, _bed.Value(Vital.RespiratoryRate, hour)));
            Send(at, new VitalEntry(_ordinal++, Admission.Visit, at, Vital.OxygenSaturation, _bed.Value(Vital.OxygenSaturation, hour)));
            if (worried || hour % 4 == 0)
                Send(at, new VitalEntry(_ordinal++, Admission.Visit, at, Vital.Temperature, _bed.Value(Vital.Temperature, hour)));
            if (worried)
            {
                var severity = _bed.Severity(hour);
                Send(at, new ConsciousnessEntry(_ordinal++, Admission.Visit, at, Consciousness.At(severity)));
                if (severity > 0.4)
                {
                    var flow = Math.Round((decimal)(2 + 8 * (severity - 0.4)));
                    Send(at, new VitalEntry(_ordinal++, Admission.Visit, at, Vital.OxygenFlow, flow));
                }
            }
            if (hour % 12 == 0 || (worried && hour % 4 == 0))
                Blood(hour, start.AddMinutes(_rng.Between(10, 30)));
            if (hour == admission.OnsetHour + _suspicion)
                Suspect(start.AddMinutes(_rng.Between(10, 50)));
        }

        private void Suspect(DateTime drawn)
        {
            var dose = drawn.AddMinutes(_rng.Between(20, 90));
            Send(drawn, new CultureEntry(_ordinal++, Admission.Visit, drawn));
            Send(dose, new DoseEntry(_ordinal++, Admission.Visit, dose));
        }

        private void Blood(int hour, DateTime drawn)
        {
            var issued = drawn.AddMinutes(_rng.Between(30, 75));
            foreach (var analyte in Panel)
                Result(analyte, drawn, issued, _bed.Value(analyte, hour));
        }

        /// <summary>
        /// A result, and now and then the same id again: three revisions in four correct a wrong value, the fourth adds a remark.
        /// </summary>
        private void Result(Analyte analyte, DateTime drawn, DateTime issued, decimal value)
        {
            var right = new LabEntry(_ordinal++, Admission.Visit, drawn, analyte, value, issued);
            if (!_rng.Chance(revisionShare))
            {
                Send(issued, right);
                return;
            }
            var later = issued.AddMinutes(_rng.Between(20, 180));
            if (_rng.Chance(0.75))
            {
                Send(issued, right with { Value = PortableMath.Round(value * 1.6m, analyte.Scale.Decimals) });
                Send(later, right with { Issued = later, Revision = Revision.Corrected });
            }
            else
            {
                Send(issued, right);
                Send(later, right with { Issued = later, Revision = Revision.Amended });
            }
        }

        private void Send(DateTime at, Entry entry) => _pending.Enqueue(new Sending(at, entry), (at, _sent++));
    }
}
