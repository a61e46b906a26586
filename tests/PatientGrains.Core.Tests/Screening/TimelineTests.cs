using FsCheck;
using FsCheck.Fluent;
using PatientGrains.Core.Screening;
using static PatientGrains.Core.Tests.Screening.Charts;

namespace PatientGrains.Core.Tests.Screening;

/// <summary>Long timelines against a plain sorted list.</summary>
public class TimelineTests
{
    /// <summary>Values that come mostly in order, some late, some of one instant, some taken back: over many blocks.</summary>
    [Fact]
    public void A_timeline_of_many_blocks_is_the_sorted_list_of_its_readings() => Check.One(Drawn.Cases(), Prop.ForAll(
        Gen.Choose(0, int.MaxValue).ToArbitrary(),
        seed =>
        {
            var random = new Random(seed);
            var timeline = Timeline.Empty;
            var model = new List<Reading>();
            int disorder = random.Next(4) * 10;
            for (int i = 0; i < 20 * Timeline.BlockSize; i++)
            {
                if (model.Count > 0 && random.Next(10) == 0)
                {
                    var (when, _, _, _, key, _) = model[random.Next(model.Count)];
                    bool isAll = random.Next(2) == 0;
                    timeline = isAll ? timeline.Without(key) : timeline.Without(key, when);
                    model.RemoveAll(reading => reading.Key == key && (isAll || reading.At == when));
                    continue;
                }
                var at = Now.AddMinutes(i - (random.Next(3) == 0 ? random.Next(disorder + 1) : 0));
                var reading = new Reading(at, null, i, random.Next(8) == 0, Key($"{(random.Next(5) == 0 ? random.Next(50) : i)}"), 1);
                // A decision looks first, and then the same happens; sometimes something else does.
                _ = timeline.With(random.Next(5) == 0 ? reading with { Value = -1 } : reading);
                timeline = timeline.With(reading);
                model.Add(reading);
            }
            var sorted = model.OrderBy(reading => reading.At).ThenBy(reading => !reading.IsPreliminary)
                .ThenBy(reading => reading.Key.Id, StringComparer.Ordinal).ToArray();
            var (from, until) = (Now.AddMinutes(random.Next(700) - 20), Now.AddMinutes(random.Next(700) - 20));
            return timeline.All.ToArray().SequenceEqual(sorted)
                && timeline.Between(from, until).ToArray().SequenceEqual(sorted.Where(reading => reading.At > from && reading.At <= until))
                && timeline.Newest(until)
                    == sorted.Select(reading => (Reading?)reading).LastOrDefault(reading => reading!.Value.At <= until);
        }));

    [Fact]
    public void Every_edge_between_two_blocks_is_found()
    {
        var timeline = Timeline.Empty;
        for (int i = 0; i < 4 * Timeline.BlockSize; i++)
            timeline = timeline.With(new Reading(Now.AddMinutes(i), null, i, false, Key($"{i}"), 1));

        for (int i = 0; i < 4 * Timeline.BlockSize; i++)
        {
            Assert.Equal(i, timeline.Newest(Now.AddMinutes(i))!.Value.Value);
            Assert.Equal([i], timeline.Between(Now.AddMinutes(i - 1), Now.AddMinutes(i)).ToArray().Select(reading => reading.Value));
            Assert.Equal(i == 0, timeline.Between(Now.AddMinutes(-9), Now.AddMinutes(i - 1)).IsEmpty);
        }
    }
}
