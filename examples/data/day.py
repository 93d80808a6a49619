#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A day in the life of the platform: prints day.ndjson, the same at every run.

    python3 examples/data/day.py > examples/data/day.ndjson

Each story is a function that says what happens when. Events of a story share a causal chain. The
lines come out in the order of the day; `time` is for the reader and is not published.
"""

import json
import math
import zlib

DATE = "2026-03-14"
ZONE = "+03:00"
MIDNIGHT = 1773435600  # 2026-03-14T00:00:00+03:00

events = []


class Story:
    """A chain of events, one tenant's unless it says otherwise."""

    def __init__(self, name, tenant=None):
        self.chain = f"evt-{zlib.crc32(name.encode()):08x}"
        self.tenant = tenant

    def at(self, clock, channel, **payload):
        self.add(clock, channel, self.tenant, payload)

    def core(self, clock, channel, **payload):
        """An event of the platform itself, about this story's tenant."""
        self.add(clock, channel, self.tenant, payload)

    def add(self, clock, channel, tenant, payload):
        line = {"time": f"{DATE}T{clock}{ZONE}", "channel": channel}
        if tenant:
            line["tenant"] = tenant
        line["causal_id"] = self.chain
        line["payload"] = {name.rstrip("_"): value for name, value in payload.items()}
        events.append(line)


def seconds(clock):
    hours, minutes, rest = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


def clock_of(second):
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


def later(clock, delay):
    return clock_of(seconds(clock) + delay)


# ---- A new tenant: from a message in Telegram to a running shop -------------------------------


def onboarding():
    story = Story("bakery", "bakery-006")
    chat = 418230577
    story.core("08:02:11", "telegramMessage", direction="inbound", chat_id=chat, from_username="bulka_msk",
               text="Здравствуйте! Хочу запустить пекарню: заказы, касса и остатки 🥐")
    story.core("08:02:13", "telegramMessage", direction="outbound", chat_id=chat,
               text="Здравствуйте! Расскажите, сколько у вас точек и что печёте?")
    story.core("08:05:40", "telegramMessage", direction="inbound", chat_id=chat, from_username="bulka_msk",
               text="Одна точка. Хлеб, круассаны, торты на заказ 🎂\nОткрываемся в понедельник")
    story.at("08:05:41", "piiMasked", fields_masked=["phone"], token_count_before=212, token_count_after=205)
    stages = [("08:05:42", "intake", 1310), ("08:05:44", "context", 2874), ("08:06:31", "generate", 46120)]
    for clock, stage, duration in stages:
        story.core(clock, "pipelineStageCompleted", stage=stage, status="completed", duration_ms=duration)
    story.core("08:06:32", "pipelineStageCompleted", stage="build", status="started")
    story.core("08:07:02", "pipelineStageCompleted", stage="build", status="failed", duration_ms=30411,
               error="wasm-ld: error: undefined symbol: nexus_abi_v2_init")
    story.core("08:07:50", "pipelineStageCompleted", stage="build", status="completed", duration_ms=45007)
    story.core("08:07:51", "moduleUpdated", module_name="oms", abi_version=2,
               signature="ed25519:8Jx0h0Yw2mU6mQeU5rN1bq7c0m3y0fWb1l5g7kq9s2dAqvTn4pLz")
    story.core("08:08:12", "capTokenIssued", subject="bakery-006", scopes=["orders:write", "pos:write"],
               expires_at="2026-06-14T00:00:00Z", key_id="core-2026-03")
    story.core("08:08:30", "pipelineStageCompleted", stage="deploy", status="completed", duration_ms=38220)
    story.core("08:08:31", "tenantProvisioned", name="Пекарня «Булка»", plan="start",
               modules=["oms", "pos", "inventory"], region="ru-msk-1")
    story.core("08:08:33", "pipelineStageCompleted", stage="notify", status="completed", duration_ms=640)
    story.core("08:08:33", "pipelineCompleted", total_duration_ms=171509, stages_completed=6,
               preview_url="https://preview.nexus.example/bakery-006?lang=ru#orders")
    story.core("08:08:34", "telegramMessage", direction="outbound", chat_id=chat,
               text="Готово ✅ Ваша пекарня работает: https://preview.nexus.example/bakery-006")
    story.at("08:09:02", "uiRenderRequest", screen="welcome", spec={
        "type": "stack", "children": [{"type": "heading", "text": "Добро пожаловать, «Булка»! 🥖"},
                                      {"type": "button", "text": "Первый заказ", "action": "order.new"}]})
    story.at("09:31:15", "orderCreated", order_id="bk-1", items=[{"sku": "torte-napoleon", "qty": 1}],
             total="2450.00", currency="RUB", comment="С надписью «Бабушке 80!» 🎂")


# ---- A hair salon: registered, booked, paid, cancelled -----------------------------------------

SALON = [  # client, registered, booked, service, master, price, ending
    ("Анна Ковалёва", "08:40:12", "08:41:03", "Стрижка", "Ирина", 2200, "paid 11:05:20"),
    ("Мария Жукова", None, "08:55:47", "Окрашивание", "Ольга", 7400, "paid 13:40:02"),
    ("Елена Šimková", "09:12:30", "09:13:11", "Маникюр", "Света", 1900, "cancelled 10:20:00"),
    ("Дарья Ёлкина", None, "09:40:05", "Укладка", "Ирина", 1700, "paid 12:15:44"),
    ("Zoë Müller", "10:02:51", "10:04:19", "Стрижка и укладка ✂️", "Ольга", 3600, "paid 15:10:09"),
    ("Ксения Ли", None, "10:31:26", "Брови", "Света", 1200, "cancelled 10:33:40"),
    ("Ксения Ли", None, "10:34:02", "Брови и ресницы", "Света", 2100, "paid 14:02:37"),
    ("Полина Гай", "11:20:18", "11:21:00", "Детская стрижка 👧", "Ирина", 1100, "paid 16:20:51"),
    ("Нина Орлова", None, "12:47:33", "Окрашивание", "Ольга", 8200, "paid 18:55:13"),
    ("Вера Цой", "13:05:09", "13:06:45", "Маникюр", "Света", 1900, "cancelled 17:01:22"),
    ("Юлия Дым", None, "14:28:54", "Стрижка", "Ирина", 2200, "paid 19:12:40"),
    ("Алёна Кац", "15:44:21", "15:45:30", "Уход 💆‍♀️", "Ольга", 4300, "paid 20:31:18"),
]


def salon():
    for number, (client, registered, booked, service, master, price, ending) in enumerate(SALON, 1):
        story = Story(f"salon {number}", "salon-001")
        booking = {"booking_id": f"b-{number:04d}", "client": client, "service": service, "master": master}
        how, clock = ending.split()
        if registered:
            story.at(registered, "clientRegistered", client=client, source="web", consent=True)
        story.at(booked, "bookingCreated", **booking, price=price, currency="RUB")
        if how == "cancelled":
            story.at(clock, "bookingCancelled", **booking, reason="Не смогу прийти 😔", refund=None)
            continue
        story.at(clock, "paymentCompleted", booking_id=booking["booking_id"], amount=price, currency="RUB",
                 method="card" if number % 2 else "sbp")
        story.at(later(clock, 4), "posReceiptCreated", receipt=f"K-{31070 + number}", total=price, vat=None,
                 lines=[{"name": service, "qty": 1, "price": price}])
    stock = Story("salon stock", "salon-001")
    stock.at("13:41:10", "inventoryLowStock", sku="dye-7.34", name="Краска 7.34 «медь»", left=2, minimum=5)
    stock.at("13:41:12", "orderCreated", order_id="sup-77", supplier="Косметик-Опт", items=[{"sku": "dye-7.34", "qty": 12}])
    bot = Story("salon bot", "salon-001")
    bot.core("17:01:20", "telegramMessage", direction="inbound", chat_id=-1001702345678, text="Отмените, пожалуйста 🙏")
    bot.at("17:01:21", "kbSearched", query="правила отмены записи", results_count=3, top_score=0.8734567190123457,
           duration_ms=41)
    bot.core("17:01:23", "telegramMessage", direction="outbound", chat_id=-1001702345678,
             text="Запись на маникюр отменена. Ждём вас снова!")


# ---- A car service ------------------------------------------------------------------------------

CARS = [
    ("09:03:15", "А123ВС 77", "Lada Vesta", "ТО-2", 9800, "14:20:31"),
    ("09:48:02", "Е777КХ 199", "Škoda Octavia", "Замена колодок", 6450, "13:05:12"),
    ("10:25:40", "М004ММ 50", "УАЗ Патриот", "Ходовая: стук справа", 18300, "18:40:55"),
    ("11:57:19", "О901ОО 97", "Toyota Hilux", "Шиномонтаж", 4200, "12:50:03"),
    ("13:33:08", "Т555ТТ 190", "ГАЗель NEXT", "Диагностика", 2500, "15:01:47"),
]


def car_service():
    for number, (clock, plate, car, work, price, paid) in enumerate(CARS, 1):
        story = Story(f"sto {number}", "sto-002")
        story.at(clock, "bookingCreated", booking_id=f"sto-{number}", plate=plate, car=car, work=work, bay=number % 3 + 1)
        story.at(later(clock, 900), "orderCreated", order_id=f"zn-{2200 + number}", plate=plate,
                 items=[{"name": work, "hours": 1.5 * number}], estimate=price)
        story.at(paid, "paymentCompleted", order_id=f"zn-{2200 + number}", amount=price, currency="RUB", method="cash")
        story.at(later(paid, 9), "posReceiptCreated", receipt=f"F-{900 + number}", total=price, plate=plate)
    parts = Story("sto parts", "sto-002")
    parts.at("13:06:00", "inventoryLowStock", sku="brake-pad-1K0", name="Колодки передние", left=0, minimum=4)
    parts.at("21:00:05", "integrationSynced", provider="1c", direction="bidirectional", records_synced=148, errors=0)
    parts.at("10:26:30", "kbSearched", query="стук в передней подвеске УАЗ на малой скорости", results_count=0,
             top_score=0.0, duration_ms=1870)


# ---- A restaurant: orders, receipts, a fridge that warms up ----------------------------------------

DISHES = [("Борщ", 420), ("Пельмени", 510), ("Хинкали 🥟", 95), ("Салат «Оливье»", 380), ("Компот", 150),
          ("Блины с икрой", 690), ("Щи", 390), ("Чай с облепихой 🫖", 320), ("Медовик 🍰", 350)]


def restaurant():
    for number in range(1, 19):
        story = Story(f"restaurant {number}", "restaurant-003")
        opened = clock_of(12 * 3600 + number * 1741)
        dishes = [DISHES[(number * step) % len(DISHES)] for step in (2, 5, 7)][: 1 + number % 3]
        items = [{"dish": dish, "qty": 1 + number % 2, "price": price} for dish, price in dishes]
        total = sum(item["qty"] * item["price"] for item in items)
        where = {"delivery": {"street": "ул. Гагарина, 12", "flat": number}} if number % 4 == 0 else {"table": number % 12 + 1}
        story.at(opened, "restaurantOrderCreated", order_id=f"r-{number:03d}", **where, items=items, total=total,
                 notes="" if number % 5 else "Без лука 🧅, аллергия!")
        paid = later(opened, 2100 + number * 31)
        story.at(paid, "paymentCompleted", order_id=f"r-{number:03d}", amount=total, tip=total / 10, currency="RUB")
        story.at(later(paid, 3), "posReceiptCreated", receipt=f"R-{5500 + number}", total=total, fiscal_sign="%010d" % (number * 73856093))
    low = Story("restaurant stock", "restaurant-003")
    low.at("18:22:41", "inventoryLowStock", sku="caviar-red", name="Икра красная", left=0.35, minimum=1, unit="кг")
    screen = Story("restaurant screen", "restaurant-003")
    screen.at("12:01:00", "uiRenderRequest", screen="kitchen", spec={"type": "grid", "columns": 3, "tiles": []})


# ---- Things that measure ---------------------------------------------------------------------------


def daily(hour, low, high, peak):
    """A curve over the day, with its highest point at `peak` o'clock."""
    return low + (high - low) * (1 + math.cos((hour - peak) / 12 * math.pi)) / 2


SENSORS = [  # tenant, sensor, metric, unit, hours, value at an hour
    ("farm-004", "greenhouse-t-1", "temperature", "°C", range(0, 24, 1), lambda h: round(daily(h, 16.2, 27.9, 15), 2)),
    ("farm-004", "greenhouse-h-1", "humidity", "%", range(0, 24, 2), lambda h: round(daily(h, 55, 88, 4), 1)),
    ("farm-004", "soil-m-7", "moisture", "%", range(0, 24, 3), lambda h: 31.7 - h * 0.1),
    ("farm-004", "barometer-1", "pressure", "hPa", range(0, 24, 6), lambda h: 1013.25 + h / 3),
    ("restaurant-003", "temp-fridge-01", "temperature", "°C", range(9, 24, 1), lambda h: 3.9 + (5.3 if h == 16 else 0.1 * (h % 3))),
    ("workshop-005", "vibro-cnc-2", "vibration", "mm/s", range(8, 19, 2), lambda h: 0.1 * 3 * (h - 7)),
]


def sensors():
    for tenant, sensor, metric, unit, hours, value in SENSORS:
        for hour in hours:
            second = hour * 3600 + len(sensor) * 7
            Story(f"{sensor} {hour}", tenant).at(
                clock_of(second), "iotSensorData", sensor_id=sensor, metric=metric, value=value(hour), unit=unit,
                timestamp_unix=MIDNIGHT + second)
    odd = Story("odd", "farm-004")  # no unit and no time; a very small reading
    odd.at("05:10:00", "iotSensorData", sensor_id="rain-1", metric="rain", value=0)
    odd.at("05:10:01", "iotSensorData", sensor_id="leaf-wet-1", metric="voltage", value=-1.2500000000000002e-7, unit="V")


NODES = [("edge-msk-01", 1209600, 22, 6), ("edge-krd-02", 86400, 41, 4), ("till-salon-2", 3600, 9, 2)]


def edge_nodes():
    for node, uptime, load, modules in NODES:
        for hour in range(0, 24, 4):
            status = "healthy"
            if node == "edge-krd-02" and hour == 12:
                status = "degraded"
            if node == "edge-krd-02" and hour == 16:
                status = "offline"
            Story(f"{node} {hour}").at(
                clock_of(hour * 3600 + len(node)), "edgeHealth", node_id=node, status=status,
                uptime_secs=uptime + hour * 3600, cpu_pct=round(load + 9 * math.sin(hour), 3),
                mem_pct=round(40 + load / 3 + hour / 7, 3), wasm_modules_loaded=modules)


# ---- A workshop ------------------------------------------------------------------------------------


def workshop():
    for number, (clock, product, quantity) in enumerate(
            [("08:15:00", "Стол «Берёза»", 12), ("09:40:10", "Стул венский", 48), ("11:05:37", "Полка, дуб", 30),
             ("13:30:00", "Шкаф-купе 2,4 м", 3), ("15:12:25", "Табурет", 100)], 1):
        story = Story(f"workshop {number}", "workshop-005")
        story.at(clock, "orderCreated", order_id=f"w-{number}", product=product, quantity=quantity, due="2026-04-01")
        story.at(later(clock, 1200), "manufacturingProductionStarted", order_id=f"w-{number}", line=number % 2 + 1,
                 product=product, quantity=quantity, materials=[{"name": "Доска 40 мм", "m3": quantity / 30}])
    pay = Story("payroll", "workshop-005")
    for number, (person, gross) in enumerate([("Сидоров П. А.", 84000), ("Нгуен Ван Минь", 91250.5), ("Ахметова Г. Р.", 102000)]):
        pay.at(clock_of(64800 + number), "payrollCalculated", period="2026-02", employee=person, gross=gross,
               tax=round(gross * 0.13, 2), net=round(gross * 0.87, 2), bonuses=[])
    pay.at("18:00:09", "piiMasked", fields_masked=["inn", "snils", "phone"], token_count_before=1840, token_count_after=1691)
    sync = Story("workshop sync", "workshop-005")
    sync.at("06:00:02", "integrationSynced", provider="moysklad", direction="pull", records_synced=5120)
    sync.at("18:30:44", "integrationSynced", provider="bitrix", direction="push", records_synced=17, errors=2)
    knowledge = Story("workshop kb", "workshop-005")
    knowledge.at("07:45:00", "kbIngested", document_id="doc-gost-16371", title="ГОСТ 16371-2014. Мебель", doc_type="pdf",
                 facts_extracted=214, size_bytes=1884213)
    knowledge.at("07:46:10", "kbIngested", document_id="doc-note-3", facts_extracted=0)
    knowledge.at("15:13:00", "kbSearched", query="допуск на высоту табурета", results_count=5, top_score=0.91, duration_ms=23)


def knowledge():
    farm = Story("farm kb", "farm-004")
    farm.at("06:30:00", "kbIngested", document_id="tomato-blight", title="Фитофтора 🍅: признаки и меры", doc_type="html",
            facts_extracted=37, size_bytes=90112)
    farm.at("06:41:15", "kbSearched", query="влажность > 85 % ночью", results_count=7, top_score=0.7000000000000001)
    farm.at("19:00:00", "orderCreated", order_id="farm-31", items=[{"name": "Томаты", "kg": 120}], buyer="restaurant-003")
    bakery = Story("bakery kb", "bakery-006")
    bakery.at("10:10:10", "kbIngested", document_id="recipes-1", title="Рецепты бабушки", doc_type="txt",
              facts_extracted=88, size_bytes=20480)


# ---- The platform's agents at work --------------------------------------------------------------------

BRIEF = ("Задача: отчёт по остаткам падает на пустом складе. Воспроизведение: tenant sto-002, sku brake-pad-1K0, left=0. "
         "Причина: деление на minimum - left без проверки. Границы: менять только inventory/report.c и тест к нему. "
         "Договорённости: ABI модуля не трогать, строки журнала на русском, покрытие не ниже прежнего. 🧭 ")


def agents():
    handoff = Story("handoff")
    handoff.at("11:00:00", "agentHandoff", from_="archi", to="claw-code", task="Исправить отчёт по остаткам",
               files=["inventory/report.c", "tests/inventory/report_test.c", "docs/остатки.md"],
               context_summary=(BRIEF * 8)[:2000])  # as long as it may be
    handoff.at("11:00:02", "agentHandoffAck", agent="claw-code")
    handoff.core("11:14:50", "pipelineStageCompleted", stage="build", status="completed", duration_ms=51977)
    handoff.at("11:15:00", "agentHandoff", from_="claw-code", to="reviewer", task="Проверить исправление", files=[])
    handoff.at("11:15:03", "agentHandoffAck", agent="reviewer")
    handoff.core("11:21:30", "moduleUpdated", module_name="inventory", abi_version=1, signature="ed25519:Qm9yc2NodA")
    handoff.core("11:21:31", "capTokenIssued", subject="module:inventory", scopes=[], expires_at=None, key_id="core-2026-03")
    for number, (clock, module) in enumerate([("02:10:00", "scheduler"), ("02:40:00", "crm"), ("14:00:00", "pos")], 1):
        Story(f"module {module}").at(clock, "moduleUpdated", module_name=module, abi_version=number)
    night = Story("dream")
    night.at("03:00:00", "agentDream", agent="archi", trigger="nightly", memories=1843, consolidated=212, themes=["остатки", "записи"])
    night.at("03:04:12", "agentSelfEvolution", gates_passed=[1, 2, 3, 4, 5], gates_failed=[], target_file="prompts/archi.md",
             diff_lines=14, result="accepted")
    night.at("03:06:47", "agentSelfEvolution", gates_passed=[1, 2], gates_failed=[3], target_file="policies/tools.yaml",
             diff_lines=220, result="rejected", reason="Шлюз 3: упали 2 теста из 148")
    night.at("03:09:00", "agentDream", agent="claw-code", trigger="idle", memories=77, consolidated=0, themes=[])
    night.at("03:09:30", "agentSelfEvolution", gates_passed=[], gates_failed=[])
    night.core("03:10:00", "telegramMessage", direction="outbound", chat_id=9007199254740991,  # 2^53 - 1
               text="🌙 Ночная сводка: 1 изменение принято, 1 отклонено")
    new = Story("salon rollout", "salon-001")
    for second, stage in enumerate(["intake", "context", "generate", "build", "deploy", "notify"]):
        new.core(clock_of(16 * 3600 + second * 20), "pipelineStageCompleted", stage=stage, status="completed",
                 duration_ms=18000 + second * 311)
    new.core("16:02:00", "pipelineCompleted", total_duration_ms=112665, stages_completed=6)
    new.core("16:02:01", "tenantProvisioned", name="Салон «Локон»", plan="pro", modules=["scheduler", "crm", "pos"], change="plan")


def main():
    for story in (onboarding, salon, car_service, restaurant, sensors, edge_nodes, workshop, knowledge, agents):
        story()
    events.sort(key=lambda event: event["time"])
    for event in events:
        print(json.dumps(event, ensure_ascii=False, separators=(",", ":")))


main()
